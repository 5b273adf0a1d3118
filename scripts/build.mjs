// Bundles src/cli.ts into dist: one entry, split so that a command loads only what it needs.
import { rm } from 'node:fs/promises'
import { build } from 'esbuild'

const root = new URL('..', import.meta.url).pathname
await rm(`${root}dist`, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  chunkNames: 'chunks/[name]-[hash]',
  jsx: 'automatic',
  logLevel: 'warning',
  define: { 'process.env.DEV': '"false"', 'process.env.NODE_ENV': '"production"' },
  // Ink loads its devtools only when DEV is "true"; the bundle never does.
  alias: { 'react-devtools-core': './scripts/no-devtools.mjs' },
  // CommonJS dependencies call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
})
