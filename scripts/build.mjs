// Bundles src/cli.ts into dist: one entry, split so that a command loads only what it needs.
// `node scripts/build.mjs ENTRY FOLDER` bundles another entry the same way, for tests.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { thirdPartyNotices } from './notices.mjs'

const root = new URL('..', import.meta.url).pathname
const [entry = 'src/cli.ts', outdir = `${root}dist`] = process.argv.slice(2)

/**
 * Yoga's WebAssembly lies in its module as base64, and is read with fetch where there is one: that loads
 * Node's whole HTTP client, 20 ms of a start, to decode a string.
 */
const yogaWithoutFetch = {
  name: 'yoga-without-fetch',
  setup({ onLoad }) {
    onLoad({ filter: /yoga-wasm-base64-esm\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const contents = source.replaceAll('typeof fetch', 'typeof undefined')
      if (contents === source) throw new Error('Yoga no longer asks for fetch: remove this plugin.')
      return { contents }
    })
  },
}

await rm(outdir, { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: [entry],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  // what is not there is not read at each start; the maps give names and lines back
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
  chunkNames: 'chunks/[name]-[hash]',
  jsx: 'automatic',
  logLevel: 'warning',
  define: { 'process.env.DEV': '"false"', 'process.env.NODE_ENV': '"production"' },
  alias: {
    // Ink loads its devtools only when DEV is "true"; the bundle never does.
    'react-devtools-core': './scripts/no-devtools.mjs',
    ws: './scripts/no-devtools.mjs',
    // Ink draws no frames where CI is set; whether there is a terminal was decided before it is loaded.
    'is-in-ci': './scripts/not-in-ci.mjs',
  },
  plugins: [yogaWithoutFetch],
  // CommonJS dependencies call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
})
const notices = await thirdPartyNotices(metafile, root)
await writeFile(join(outdir, 'THIRD-PARTY-NOTICES.txt'), notices)
