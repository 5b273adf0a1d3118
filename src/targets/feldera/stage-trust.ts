import { X509Certificate } from 'node:crypto'
import { pemCertificates } from '../../net/roots.ts'

/** The chains that the components have read at their start, by name; '' where one speaks HTTP. */
export type Loaded = ReadonlyMap<string, string>

/** Who is asked by the API server, by the word that it has for it. */
const peers = [
  ['compiler', 'feldera-compiler-server'],
  ['runner', 'feldera-kubernetes-runner'],
] as const

/**
 * What `/v0/cluster_healthz` says: each component trusts the last certificate of its own chain alone, and
 * calls the others by their names in the cluster (facts/feldera.md §4.3).
 */
export function stageHealth(loaded: Loaded, namespace: string) {
  const own = loaded.get('feldera-api-server') ?? ''
  const parts = peers.map(([word, name]) => {
    const why = refusal(own, loaded.get(name) ?? '', `${name}.${namespace}.svc.cluster.local`)
    const message =
      why === '' ? '' : `Unreachable: Unable to connect to the ${word}. Underlying error: ${why}`
    return [word, { healthy: why === '', message }] as const
  })
  const isWell = parts.every(([, { healthy }]) => healthy)
  return { all_healthy: isWell, api: { healthy: true, message: '' }, ...Object.fromEntries(parts) }
}

/** Why the runner does not take what a new pipeline serves; '' where it does. */
export function pipelineRefusal(chain: string): string {
  const [leaf] = certificates(chain)
  return leaf?.ca ? 'invalid peer certificate: CaUsedAsEndEntity' : ''
}

/** rustls of one component before the chain of another. */
function refusal(own: string, served: string, name: string): string {
  if ((own === '') !== (served === '')) return 'received corrupt message of type InvalidContentType'
  const anchor = certificates(own).at(-1)
  const [leaf, ...rest] = certificates(served)
  if (!anchor || !leaf) return ''
  if (!leadsTo(leaf, rest, anchor)) return 'invalid peer certificate: UnknownIssuer'
  return leaf.checkHost(name) ? '' : 'invalid peer certificate: NotValidForName'
}

function leadsTo(
  one: X509Certificate,
  others: readonly X509Certificate[],
  anchor: X509Certificate,
): boolean {
  if (isIssued(one, anchor)) return true
  const next = others.find(
    each => each.fingerprint256 !== one.fingerprint256 && isIssued(one, each),
  )
  const left = others.filter(each => each !== next)
  return next !== undefined && leadsTo(next, left, anchor)
}

/** As rustls sees it, which does not look at key usages. */
function isIssued(one: X509Certificate, by: X509Certificate): boolean {
  return one.issuer === by.subject && one.verify(by.publicKey)
}

function certificates(chain: string): X509Certificate[] {
  return pemCertificates(chain).map(each => new X509Certificate(each))
}
