import { spawnSync } from 'node:child_process'
import { type RealBox, realBox, watchTools, whichTool } from './real-box.ts'
import type { Sandbox } from './sandbox.ts'

/** The lab's real sky, with a folder and a record of its own; each call of sky is written down. */
export interface RealSky extends RealBox, Pick<Sandbox, 'calls' | 'changes'> {
  sky(...args: string[]): { status: number | null; stdout: string; stderr: string }
  /** HTTP status through curl, trusting `roots`, at the port under the name. */
  curl(url: string, roots?: string): { status: string; exit: number | null }
}

export function realSky(): RealSky {
  const box = realBox('sky', () => ({ SKYPILOT_DISABLE_USAGE_COLLECTION: '1' }))
  const watched = watchTools(box.folder, ['sky'])
  const calls = () => watched().map(([, ...args]) => args)
  const real = whichTool('sky')
  return {
    ...box,
    calls,
    changes: () => calls().filter(([, verb = '']) => ['up', 'down', 'update'].includes(verb)),
    sky: (...args) =>
      spawnSync(real, args, {
        cwd: box.folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
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
  }
}
