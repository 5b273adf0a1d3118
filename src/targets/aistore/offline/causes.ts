import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { parseAddress } from '../../../net/address.ts'
import { pemCertificates } from '../../../net/roots.ts'
import { codeOf } from '../../../record/write.ts'
import { listenersOf } from '../cluster.ts'
import type { aistoreFindings } from '../findings.ts'
import type { HttpSettings } from '../present.ts'
import type { NodeFiles } from './read-node.ts'

/** Why a node does not start, or does not find the others. */
export interface Cause {
  id: keyof typeof aistoreFindings
  evidence: string
}

/** What a node's files are held against. */
interface Knowing {
  /** Of the cluster, as recorded. */
  uuid: string
  /** Milliseconds since 1970. */
  now: number
  systemRoots: readonly string[]
  /** Whether the paths of the nodes lead to the same files here. */
  pairHere: boolean
}

/** EKU clientAuth. */
const clientAuth = '1.3.6.1.5.5.7.3.2'

/**
 * What keeps a node from starting, by its settings and the files that they name; each of these but
 * a name that is missing was seen to end a node of 5.0. Its files are read as they lie here.
 */
export async function causesOf(
  { node, http, place, uuid: own, mapUuid, mapGone }: NodeFiles,
  { uuid, now, systemRoots, pairHere }: Knowing,
): Promise<Cause[]> {
  const causes: Cause[] = []
  if (mapGone) causes.push({ id: 'aistore.map-gone', evidence: `${place?.confdir}/.ais.smap` })
  const others = [own, mapUuid].filter(each => each !== undefined && each !== uuid)
  if (others[0] !== undefined)
    causes.push({ id: 'aistore.other-uuid', evidence: `${others[0]} instead of ${uuid}` })
  if (!http?.use_https || !pairHere) return causes
  const hosts = listenersOf(node).flatMap(({ address }) => parseAddress(address)?.host ?? [])
  return [...causes, ...(await pairCauses(http, { hosts, now, systemRoots }))]
}

async function pairCauses(
  http: HttpSettings,
  { hosts, now, systemRoots }: { hosts: string[]; now: number; systemRoots: readonly string[] },
): Promise<Cause[]> {
  const [chain, key] = await Promise.all([http.server_crt, http.server_key].map(textOf))
  const missing = [chain, key].flatMap(each => (each?.code ? [`${each.path}: ${each.code}`] : []))
  if (missing.length > 0) return [{ id: 'aistore.no-file', evidence: missing.join(', ') }]
  const [leaf] = certificatesIn(chain?.text ?? '')
  if (!leaf) return [{ id: 'aistore.no-file', evidence: `${http.server_crt} holds no certificate` }]
  const causes: Cause[] = []
  if (!belongs(leaf, key?.text ?? ''))
    causes.push({
      id: 'aistore.pair-mismatch',
      evidence: `${http.server_crt}, ${http.server_key}`,
    })
  const [from, to] = [leaf.validFrom, leaf.validTo].map(Date.parse)
  if (Number(from) > now || Number(to) < now) {
    const words = Number(to) < now ? `expired ${leaf.validTo}` : `valid from ${leaf.validFrom}`
    causes.push({ id: 'aistore.not-valid', evidence: `${http.server_crt}: ${words}` })
  }
  const usages = leaf.keyUsage as string[] | undefined
  if (http.client_auth_tls >= 3 && usages && !usages.includes(clientAuth))
    causes.push({
      id: 'aistore.no-client-usage',
      evidence: `${http.server_crt}, client_auth_tls is ${http.client_auth_tls}`,
    })
  const uncovered = hosts.filter(host => !leaf.checkHost(host) && !leaf.checkIP(host))
  if (!http.skip_verify && uncovered.length > 0)
    causes.push({ id: 'aistore.no-name', evidence: `${[...new Set(uncovered)].join(', ')}` })
  return [...causes, ...(await rootCauses(http, certificatesIn(chain?.text ?? ''), systemRoots))]
}

/** Nodes trust the system's roots and those of `client_ca_tls`. */
async function rootCauses(
  http: HttpSettings,
  chain: readonly X509Certificate[],
  systemRoots: readonly string[],
): Promise<Cause[]> {
  if (http.skip_verify && http.client_auth_tls < 3) return []
  const own = http.client_ca_tls === '' ? { text: '' } : await textOf(http.client_ca_tls)
  if ('code' in own && own.code)
    return [{ id: 'aistore.no-ca', evidence: `${http.client_ca_tls}: ${own.code}` }]
  const last = chain.at(-1)
  const signs = (root: X509Certificate) =>
    chain.some(each => each.fingerprint256 === root.fingerprint256) ||
    (last?.checkIssued(root) === true && last.verify(root.publicKey))
  if (certificatesIn(own.text).some(signs) || certificatesIn(systemRoots.join('\n')).some(signs))
    return []
  const where = http.client_ca_tls === '' ? 'client_ca_tls is empty' : http.client_ca_tls
  return [{ id: 'aistore.no-ca', evidence: where }]
}

async function textOf(path: string): Promise<{ path: string; text: string; code?: string }> {
  try {
    return { path, text: await readFile(path, 'utf8') }
  } catch (error) {
    return { path, text: '', code: codeOf(error) }
  }
}

function certificatesIn(text: string): X509Certificate[] {
  return pemCertificates(text).flatMap(pem => {
    try {
      return [new X509Certificate(pem)]
    } catch {
      return [] // no certificate: nodes cannot read it either
    }
  })
}

function belongs(leaf: X509Certificate, key: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}
