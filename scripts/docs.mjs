// Writes the parts of the documentation that are made from the code.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = await mkdtemp(join(root, 'dist-docs-'))
try {
  const outfile = join(folder, 'docs.mjs')
  await build({
    cwd: root,
    input: 'scripts/docs-text.ts',
    platform: 'node',
    external: /^[^./]/,
    output: { file: outfile, format: 'esm', codeSplitting: false },
    logLevel: 'warn',
  })
  const { findingsDoc, answersDoc, exitCodesTable, repairsTable } = await import(
    pathToFileURL(outfile)
  )
  await writeFile(join(root, 'docs/findings.md'), findingsDoc())
  await writeFile(join(root, 'docs/answers.md'), answersDoc())
  await put('README.md', 'exit codes', exitCodesTable())
  await put('docs/certificates.md', 'repairs', repairsTable())
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** Puts a table between the two comments that mark its place. */
async function put(file, mark, table) {
  const path = join(root, file)
  const [before, rest] = (await readFile(path, 'utf8')).split(`<!-- ${mark} -->\n`)
  const after = rest?.split(`<!-- /${mark} -->`)[1]
  if (after === undefined) return
  await writeFile(path, `${before}<!-- ${mark} -->\n${table}\n<!-- /${mark} -->${after}`)
}
