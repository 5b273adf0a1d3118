// Writes the parts of the documentation that are made from the code.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = await mkdtemp(join(root, 'dist-docs-'))
try {
  const outfile = join(folder, 'docs.mjs')
  await build({
    absWorkingDir: root,
    entryPoints: ['scripts/docs-text.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile,
    logLevel: 'warning',
  })
  const { findingsDoc, answersDoc, exitCodesTable } = await import(pathToFileURL(outfile))
  await writeFile(join(root, 'docs/findings.md'), findingsDoc())
  await writeFile(join(root, 'docs/answers.md'), answersDoc())
  const readme = join(root, 'README.md')
  const text = await readFile(readme, 'utf8')
  const [before, rest] = text.split('<!-- exit codes -->\n')
  const after = rest?.split('<!-- /exit codes -->')[1]
  if (after !== undefined) {
    await writeFile(
      readme,
      `${before}<!-- exit codes -->\n${exitCodesTable()}\n<!-- /exit codes -->${after}`,
    )
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
