import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RealBox, realBox } from './real-box.ts'

/** Real az and kubectl against the labs, with a folder and a record of its own. */
export interface RealAzure extends RealBox {
  /** The JSON that az answers; throws with its words where it fails. */
  az(...args: string[]): unknown
  kubectl(args: string[], input?: string): { status: number | null; stdout: string; stderr: string }
  /** The lab's own switchboard: `fault 429`, `faults clear`, `config KEY VALUE`. */
  ctl(...args: string[]): void
  /** Changing requests that Azure got since the last call, as `PATCH …/extensions/azureml`. */
  changes(): string[]
  /** The tools that runs of an endpoint have begun, oldest first. */
  toolsOf(endpoint: string): { argv: string[] }[]
}

/** Variables that az and the product need of the lab. */
const passed = /^(AZURE_|IDENTITY_|REQUESTS_CA_BUNDLE$|KUBECONFIG$|LAB_)/

export function realAzure(): RealAzure {
  const lab = process.env.LAB_AZURE_FOLDER ?? ''
  const passedOn = Object.entries(process.env).filter(([name]) => passed.test(name)) as [
    string,
    string,
  ][]
  const box = realBox('azure', () => Object.fromEntries(passedOn))
  const run = (program: string, args: string[], input?: string) =>
    spawnSync(program, args, {
      env: box.env,
      cwd: box.folder,
      encoding: 'utf8',
      ...(input === undefined ? {} : { input }),
    })
  const requests = () =>
    readFileSync(process.env.LAB_AZURE_REQUESTS ?? '', 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as { method: string; path: string })
      .filter(
        ({ method, path }) =>
          ['PUT', 'PATCH', 'DELETE'].includes(method) && path.startsWith('/subscriptions/'),
      )
      .map(({ method, path }) => `${method} ${path}`)
  let seen = requests().length
  return {
    ...box,
    az(...args) {
      const { status, stdout, stderr } = run('az', [...args, '-o', 'json', '--only-show-errors'])
      if (status !== 0) throw new Error(`az ${args.join(' ')}: ${stderr}`)
      return stdout.trim() === '' ? null : JSON.parse(stdout)
    },
    kubectl: (args, input) => run('kubectl', args, input),
    ctl: (...args) => {
      const { status, stderr } = spawnSync(join(lab, 'ctl'), args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(`ctl ${args.join(' ')}: ${stderr}`)
    },
    changes() {
      const all = requests()
      const fresh = all.slice(seen)
      seen = all.length
      return fresh
    },
    toolsOf: endpoint => box.journalOf(endpoint).filter(({ type }) => type === 'tool.started'),
  }
}
