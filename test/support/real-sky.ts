import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, ended, type Sandbox } from './sandbox.ts'

/** The lab's real sky, with a folder and a record of its own; each call of sky is written down. */
export interface RealSky
  extends Pick<
    Sandbox,
    'folder' | 'env' | 'state' | 'cli' | 'start' | 'file' | 'calls' | 'changes'
  > {
  sky(...args: string[]): { status: number | null; stdout: string; stderr: string }
  /** HTTP status through curl, trusting `roots`, at the port under the name. */
  curl(url: string, roots?: string): { status: string; exit: number | null }
  close(): void
}

const bin = process.env.SE_BIN ?? new URL('../../bin/secure-endpoint.cjs', import.meta.url).pathname

export function realSky(): RealSky {
  const folder = mkdtempSync(join(tmpdir(), 'se-real-sky-'))
  const log = join(folder, 'calls.log')
  mkdirSync(join(folder, 'bin'))
  const wrapper = join(folder, 'bin/sky')
  const real = spawnSync('bash', ['-c', 'command -v sky'], { encoding: 'utf8' }).stdout.trim()
  writeFileSync(
    wrapper,
    `#!/bin/bash\nprintf '%s\\n' "$(printf '%s\\t' "$@")" >>'${log}'\nexec '${real}' "$@"\n`,
  )
  chmodSync(wrapper, 0o755)
  const env: Record<string, string> = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    HOME: folder,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    XDG_STATE_HOME: join(folder, 'state'),
    SKYPILOT_DISABLE_USAGE_COLLECTION: '1',
  }
  const start: RealSky['start'] = (args, options = {}) =>
    spawn(process.execPath, [bin, ...args], {
      cwd: options.cwd ?? folder,
      env: { ...env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const calls = () =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map(line => line.split('\t').filter(Boolean))
      : []
  return {
    folder,
    env,
    state: join(folder, 'state/secure-endpoint'),
    start,
    cli: (args, options): Promise<Ended> => ended(start(args, options)),
    file(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    calls,
    changes: () => calls().filter(([, verb = '']) => ['up', 'down', 'update'].includes(verb)),
    sky: (...args) =>
      spawnSync(real, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    curl(url, roots) {
      const { hostname, port, protocol } = new URL(url)
      const trust = roots && protocol === 'https:' ? ['--cacert', roots] : []
      const args = [
        '-q',
        '-sS',
        '--noproxy',
        '*',
        '-m',
        '20',
        ...trust,
        '--resolve',
        `${hostname}:${port}:127.0.0.1`,
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        url,
      ]
      const { stdout, status } = spawnSync('curl', args, { encoding: 'utf8' })
      return { status: stdout, exit: status }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
