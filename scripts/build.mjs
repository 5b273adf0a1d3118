// Bundles src/cli.ts into dist: one entry, split so that a command loads only what it needs.
// `node scripts/build.mjs ENTRY FOLDER` bundles another entry the same way, for tests.
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { thirdPartyNotices } from './notices.mjs'

const root = new URL('..', import.meta.url).pathname
const [entry = 'src/cli.ts', outdir = `${root}dist`] = process.argv.slice(2)

/**
 * From the lightest to the heaviest: what one of these loads of our own code lies in one file. Each
 * file that Node opens costs 0.7 ms of a start, and where every shared piece has its own there are a
 * hundred.
 */
const together = [
  'src/program.ts',
  'src/commands/list.ts',
  'src/commands/wizard.ts',
  'src/front/ink/index.ts',
  'src/commands/cert/check.ts',
  'src/commands/plan.ts',
]

/**
 * Yoga's WebAssembly lies in its module as base64, and is read with fetch where there is one: that loads
 * Node's whole HTTP client, 20 ms of a start, to decode a string.
 */
const yogaWithoutFetch = {
  name: 'yoga-without-fetch',
  transform: {
    filter: { id: /yoga-wasm-base64-esm\.js$/ },
    handler(source) {
      const code = source.replaceAll('typeof fetch', 'typeof undefined')
      if (code === source) throw new Error('Yoga no longer asks for fetch: remove this plugin.')
      return { code, map: null }
    },
  },
}

/**
 * The group of a module: our own modules that it imports, and that these import, without waiting. What
 * draws with Ink stays with Ink, which others that share the rest do not need.
 */
function groupOf(path, index) {
  const all = new Set([join(root, path)])
  let isWhole = false
  const reached = context => {
    if (!isWhole)
      for (const id of all)
        for (const next of context.getModuleInfo(id)?.importedIds ?? []) all.add(next)
    isWhole = true
    return all
  }
  const name = `with-${path.replace(/^src\/|\.ts$/g, '').replaceAll('/', '-')}`
  const isOurs = id =>
    id.startsWith(join(root, 'src/')) && !id.startsWith(join(root, 'src/front/ink/'))
  return {
    name: (id, context) => (isOurs(id) && reached(context).has(id) ? name : null),
    debugName: name,
    priority: together.length - index,
    includeDependenciesRecursively: false,
  }
}

await rm(outdir, { recursive: true, force: true })
const bundle = await rolldown({
  cwd: root,
  input: entry,
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  transform: {
    target: 'node20.19',
    define: { 'process.env.DEV': '"false"', 'process.env.NODE_ENV': '"production"' },
  },
  resolve: {
    alias: {
      // Ink loads its devtools only when DEV is "true"; the bundle never does.
      'react-devtools-core': join(root, 'scripts/no-devtools.mjs'),
      ws: join(root, 'scripts/no-devtools.mjs'),
      // Ink draws no frames where CI is set; whether there is a terminal was decided before it is loaded.
      'is-in-ci': join(root, 'scripts/not-in-ci.mjs'),
    },
  },
  plugins: [yogaWithoutFetch],
  // a question waits for YAML that a run has loaded long before
  checks: { ineffectiveDynamicImport: false },
})
const { output } = await bundle.write({
  dir: outdir,
  format: 'esm',
  sourcemap: true,
  // what is not there is not read at each start; names stay, for stack traces
  minify: { compress: true, mangle: false, codegen: true },
  chunkFileNames: 'chunks/[name]-[hash].js',
  codeSplitting: { groups: together.map(groupOf) },
})
const notices = await thirdPartyNotices(output)
await writeFile(join(outdir, 'THIRD-PARTY-NOTICES.txt'), notices)
