import { existsSync, readFileSync } from 'node:fs'
import type { RequestOptions, RequestResult } from '../../net/request.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { ToolCall } from '../../process/tool.ts'

type Said = { exit: number; stdout: string; stderr: string }

interface StageCluster {
  /** The URL that `ais` was led to before anybody changed anything. */
  url: string
  ask(options: RequestOptions): Promise<RequestResult>
  /** Whether one of these certificates signs what the nodes serve. */
  signs(roots: readonly string[]): boolean
}

/**
 * Stands for `ais` 1.32, as far as its settings, `show cluster` and `cluster shutdown` go, with its words
 * and exit codes (facts/aistore.md §2.3). AIS_ENDPOINT wins over the settings.
 */
export function createStageCli({ url, ask, signs }: StageCluster) {
  const settings = new Map([['cluster.url', url]])

  const call = async ({ env = {} }: ToolCall, path: string, more: Partial<RequestOptions> = {}) => {
    const base = env.AIS_ENDPOINT ?? settings.get('cluster.url') ?? ''
    const roots = settings.get('cluster.client_ca_tls') ?? ''
    const { status, body } = await ask({ url: `${base}${path}`, timeoutMs: 1_000, ...more })
    if (status === undefined) return failed(`AIStore cannot be reached at ${base}`)
    const trusts = () => existsSync(roots) && signs(pemCertificates(readFileSync(roots, 'utf8')))
    if (base.startsWith('https:') && !trusts())
      return failed(
        'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      )
    return status === 200 ? said(body) : failed(body.trim())
  }

  return async (tool: ToolCall): Promise<Said> => {
    const [, ...words] = tool.argv
    const isFor = (...wanted: string[]) => wanted.every((each, index) => words[index] === each)
    if (isFor('version')) return said('version 1.32 (build stage)\n')
    if (isFor('config', 'cli', 'set')) {
      for (const pair of words.slice(3)) {
        const [key = '', value = ''] = pair.split(/=(.*)/s)
        settings.set(key, value)
      }
      return said('')
    }
    if (isFor('show', 'cluster')) return call(tool, '/v1/daemon?what=smap')
    if (!isFor('cluster', 'shutdown')) return said('')
    // nobody is there to say yes
    if (!words.includes('-y')) return said('Operation canceled.\n')
    const asked = await call(tool, '/v1/cluster', { method: 'PUT', body: '{"action":"shutdown"}' })
    return asked.exit === 0 ? said('Cluster successfully shut down\n') : asked
  }
}

function said(stdout: string): Said {
  return { exit: 0, stdout, stderr: '' }
}

function failed(words: string): Said {
  return { exit: 1, stdout: '', stderr: `Error: ${words}\n` }
}
