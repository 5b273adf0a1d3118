// Makes a fresh checkout runnable: installs when the lock file is newer than what is installed, builds when a source is newer than dist.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = new URL('..', import.meta.url).pathname

/** The newest change below a path, in milliseconds; 0 when there is nothing. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return 0
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))))
}

function run(command, ...args) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    process.stderr.write(`${command} ${args.join(' ')} failed with exit ${status}\n`)
    process.exit(status ?? 1)
  }
}

const installed = newest(join(root, 'node_modules/.package-lock.json'))
if (installed === 0 || installed < newest(join(root, 'package-lock.json'))) {
  process.stderr.write('installing what the lock file names …\n')
  // not `npm ci`: it refuses a lock file that does not name the optional parts of every other platform
  run('npm', 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error')
}
const sources = ['src', 'scripts', 'package.json'].map(name => newest(join(root, name)))
if (newest(join(root, 'dist/cli.js')) < Math.max(...sources))
  run(process.execPath, 'scripts/build.mjs')
