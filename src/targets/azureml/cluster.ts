import { X509Certificate } from 'node:crypto'
import { azProblem } from '../../azure/az.ts'
import { failureOf } from '../../azure/failures.ts'
import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { kubectl } from '../../kubernetes/kubectl.ts'
import type { Calling, Cluster } from '../../kubernetes/place.ts'
import { canonicalJson } from '../../plan/digest.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { type Recalling, recently } from '../../plan/recent.ts'
import { quoteCommand } from '../../process/quote.ts'
import { tail, toolProblem } from '../../process/tool-problem.ts'
import { clusterArguments, type Where } from './answers.ts'
import { azuremlFindings } from './findings.ts'
import { clusterInput } from './words.ts'

const readLimitMs = 120_000

/** Where the agents of Azure Arc are, and keep the cluster's own Azure id. */
export const arcNamespace = 'azure-arc'

/** One API server, as a kubeconfig names it. */
export interface Server {
  url: string
  /** SHA-256 of the CA certificates that stand for it, or nothing where the system's are used. */
  authorities: string[]
}

/** What tells a server from all others, in one line: it stands in the record of what was proven. */
export function serverMark({ url, authorities }: Server): string {
  return [url, ...[...authorities].sort()].join(' ')
}

/**
 * Holds the cluster that az means against the one that kubectl's context leads to, and gives that API
 * server. AKS tells its server and CA, an Arc-enabled cluster holds its own Azure id. An AKS cluster
 * that was agreed on in a run that was proven (`agreed`) is not asked for again while the context leads
 * to that very server: one that is made anew under the same name gets another.
 *
 * @throws Problem with exit 65 when they are two
 */
async function sameCluster(
  where: Omit<Where, 'extension'>,
  at: Cluster,
  calling: Calling,
  agreed: string | undefined,
): Promise<Server> {
  const reading = serverOfContext(at, calling)
  const known = agreed !== undefined && where.clusterType === 'aks'
  if (known && serverMark(await reading) === agreed) return reading
  const [ours, theirs] = await Promise.all([
    reading,
    where.clusterType === 'aks' ? serverOfAks(where, calling) : arcIdentity(where, at, calling),
  ])
  if (typeof theirs === 'string') {
    if (theirs === '') return ours
    throw twoClusters(where, at, theirs)
  }
  const same =
    theirs.url === ours.url &&
    (theirs.authorities.length === 0 ||
      theirs.authorities.some(each => ours.authorities.includes(each)))
  if (!same) throw twoClusters(where, at, `az: ${theirs.url}\nkubectl: ${ours.url}`)
  return ours
}

/** The server that the last proven run of an endpoint has agreed on for this cluster. */
export function agreedServer(
  { subscription, resourceGroup, cluster }: Omit<Where, 'extension'>,
  live: Readonly<Record<string, string>> | undefined,
): string | undefined {
  const isIt =
    live?.subscription === subscription &&
    live.resourceGroup === resourceGroup &&
    live.cluster === cluster
  return isIt ? live.server : undefined
}

/** How long the comparison stands in for starting az again, while Azure is not changed. Milliseconds. */
const recentMs = 30_000

/** The same, where it was not done a moment ago. */
export function recentlySame(
  where: Omit<Where, 'extension'>,
  at: Cluster,
  calling: Calling & Recalling,
  agreed?: string,
): Promise<Server> {
  const key = `azure same-cluster ${canonicalJson([clusterArguments(where), clusterInput(at)])}`
  return recently(key, recentMs, calling, () => sameCluster(where, at, calling, agreed))
}

async function serverOfContext(at: Cluster, calling: Calling): Promise<Server> {
  const words = ['config', 'view', '--minify', '--raw', '--flatten', '-o', 'json']
  const { stdout } = await kubectl(at, words, calling)
  return serverOf(JSON.parse(stdout) as Json)
}

/** `-f -` prints the kubeconfig: no file of the user is touched, and its credentials stay in memory. */
async function serverOfAks(
  { subscription, resourceGroup, cluster }: Omit<Where, 'extension'>,
  { run, signal }: Calling,
): Promise<Server> {
  const argv: [string, ...string[]] = [
    ...['az', 'aks', 'get-credentials', '-g', resourceGroup, '-n', cluster],
    ...['--subscription', subscription, '-f', '-', '--only-show-errors'],
  ] as [string, ...string[]]
  const result = await run({ argv, limitMs: readLimitMs, signal })
  if (result.outcome !== 'ended') throw toolProblem({ ...result, stdout: '' }, readLimitMs)
  if (result.exit !== 0) {
    const said = tail({ stdout: '', stderr: result.stderr })
    const failure = failureOf(result.stderr)
    throw azProblem({ ok: false, failure, said, command: quoteCommand(argv) }, { subject: cluster })
  }
  const { parseYaml } = await import('../../plan/parse-yaml.ts')
  return serverOf(parseYaml(result.stdout) as Json)
}

/**
 * What the agents of Azure Arc keep in the cluster about it: empty when it is the wanted one, else
 * the id that it has.
 */
async function arcIdentity(
  { subscription, resourceGroup, cluster }: Omit<Where, 'extension'>,
  at: Cluster,
  calling: Calling,
): Promise<string> {
  const words = ['get', 'configmap', 'azure-clusterconfig', '-o', 'json', '--ignore-not-found']
  const reading = kubectl({ ...at, namespace: arcNamespace }, words, calling)
  const { stdout } = await reading.catch(error => Promise.reject(withRole(error)))
  const data = stdout.trim() === '' ? null : atPath(JSON.parse(stdout) as Json, 'data')
  const value = (key: string) => String(atPath(data ?? null, key) ?? '')
  const found = [
    value('AZURE_SUBSCRIPTION_ID'),
    value('AZURE_RESOURCE_GROUP'),
    value('AZURE_RESOURCE_NAME'),
  ]
  if (found.some(each => each === '')) {
    throw new Problem(exitCodes.data, [
      finding(azuremlFindings, 'azureml.cluster-unsure', {
        subject: at.context,
        evidence: `no configmap azure-clusterconfig in namespace ${arcNamespace}`,
        fix: 'Name the context of the Arc-enabled cluster in target.context.',
      }),
    ])
  }
  const wanted = [subscription, resourceGroup, cluster]
  const same = wanted.every((each, index) => each.toLowerCase() === found[index]?.toLowerCase())
  return same ? '' : `az: ${wanted.join('/')}\nkubectl: ${found.join('/')}`
}

/** This is read before the plan, whose check of the permissions would name the Role. */
function withRole(error: unknown): unknown {
  if (!(error instanceof Problem) || error.findings[0]?.id !== 'kube.forbidden') return error
  const fix =
    'Have an administrator give you the Roles that this prints: secure-endpoint doctor --answers FILE --role; then run the same command again.'
  return new Problem(
    error.exit,
    error.findings.map(each => ({ ...each, fix })),
  )
}

function serverOf(config: Json): Server {
  const cluster = atPath(config, 'clusters.0.cluster')
  const url = String(atPath(cluster, 'server') ?? '')
  const authority = atPath(cluster, 'certificate-authority-data')
  return {
    url: URL.canParse(url) ? new URL(url).href.replace(/\/$/, '') : url,
    authorities: typeof authority === 'string' ? fingerprints(authority) : [],
  }
}

function fingerprints(base64: string): string[] {
  const pem = Buffer.from(base64, 'base64').toString('utf8')
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  return blocks.flatMap(block => {
    try {
      return [new X509Certificate(block).fingerprint256]
    } catch {
      return []
    }
  })
}

function twoClusters(where: Omit<Where, 'extension'>, at: Cluster, evidence: string): Problem {
  return new Problem(exitCodes.data, [
    finding(azuremlFindings, 'azureml.other-cluster', {
      subject: `${where.cluster} and context ${at.context}`,
      evidence,
      fix:
        where.clusterType === 'aks'
          ? `Type: az aks get-credentials -g ${where.resourceGroup} -n ${where.cluster}; name that context in target.context.`
          : 'Name the context of this cluster in target.context.',
    }),
  ])
}
