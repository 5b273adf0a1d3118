import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readCertificate } from '../../certificates/certificate.ts'
import { leafSummary } from '../../certificates/summary.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { type LeafSummary, listGenerations, writeGeneration } from '../../record/generation.ts'
import { hostWords, pathsOf } from './hosts/files-on-hosts.ts'
import { certificatesOnHosts } from './hosts/found-on-hosts.ts'
import { type Hosts, onHost, onHosts } from './hosts/on-host.ts'
import { nodePath } from './node-path.ts'
import { ownLeavesOn } from './own-leaves.ts'

/**
 * Keeps what was found as generation 0: the pair at the paths of the nodes, where it can be read from
 * here, and else only that there was one: `{scheme, certFile, keyFile, caFile, ssh, adopt}`. By ssh the
 * certificates alone are brought here: each host keeps copies of its own, the key's beside the key.
 */
export const keepFoundOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const { paths } = ctx.record
    if ((await listGenerations(paths)).includes(0)) return { kept: true, seen: 'generation 0' }
    const { scheme, certFile, keyFile, caFile, ssh, adopt } = input
    if (ssh !== undefined && (scheme === 'https' || adopt === true))
      return keepOfHosts(input, ssh as unknown as Hosts, ctx)
    const read = (path: Json | undefined) =>
      readFile(nodePath(String(path), ctx), 'utf8').catch(() => '')
    const [chain, key, roots] =
      scheme === 'https' ? await Promise.all([certFile, keyFile, caFile].map(read)) : ['', '', '']
    const leaf = chain ? leafOf(chain) : undefined
    const made = new Date(ctx.world.clock.now()).toISOString()
    const files =
      leaf && chain && key
        ? { 'chain.pem': chain, 'key.pem': key, ...(roots ? { 'roots.pem': roots } : {}) }
        : {}
    const found = { scheme: String(scheme), certFile: String(certFile) }
    const meta = { number: 0, made, source: 'found' as const, found }
    await writeGeneration(paths, leaf && key ? { ...meta, leaf } : meta, files)
    return { kept: true, seen: leaf && key ? 'the pair that it serves' : String(scheme) }
  },
  printed: ({ scheme, certFile, ssh }) => [
    scheme !== 'https'
      ? 'keeps as generation 0: HTTP'
      : ssh === undefined
        ? `keeps as generation 0: the pair at ${certFile}, where it can be read here`
        : `keeps as generation 0: the certificate at ${certFile}; each host keeps its pair as ${certFile}.${(ssh as Hosts).kept}`,
  ],
  shell: ({ scheme, ssh, adopt, certFile, keyFile, caFile }, sh) => [
    ssh !== undefined && (scheme === 'https' || adopt === true)
      ? `ais_hosts_keep ${hostWords(ssh)} ${[certFile, keyFile, caFile].map(sh.word).join(' ')}`
      : `jq -n '{kept: true}' | answer_json`,
  ],
}

/** The certificate of the first host stands for all, and others are kept in mind; each host keeps what it has itself. */
async function keepOfHosts(
  { scheme, certFile, keyFile, caFile }: Record<string, Json>,
  ssh: Hosts,
  ctx: Performing,
): Promise<Json> {
  const paths = { certFile: String(certFile), keyFile: String(keyFile), caFile: String(caFile) }
  const files = pathsOf(paths, caFile !== '')
  // before the generation is there: a run that is killed in between keeps the same again
  await onHosts(ssh, host => onHost(host, ['keep'], files, ssh, ctx))
  const [chains, roots] = await Promise.all(
    [certFile, caFile].map(path =>
      path === '' ? [] : certificatesOnHosts(ssh, String(path), ctx),
    ),
  )
  const pem = (of: typeof chains) => of?.find(each => each.pem !== '')?.pem ?? ''
  const chain = scheme === 'https' ? pem(chains) : ''
  // nodes whose certificates differ may have roots that do
  const root = [...new Set((roots ?? []).flatMap(each => pemCertificates(each.pem)))].join('\n')
  const leaf = chain === '' ? undefined : leafOf(chain)
  const made = new Date(ctx.world.clock.now()).toISOString()
  const leaves = leaf ? ownLeavesOn(chains ?? [], leaf.fingerprint) : {}
  const found = {
    scheme: String(scheme),
    certFile: String(certFile),
    onHosts: ssh.kept,
    ...(Object.keys(leaves).length > 0 ? { leaves } : {}),
  }
  const meta = { number: 0, made, source: 'found' as const, found }
  const kept = leaf ? { 'chain.pem': chain, ...(root === '' ? {} : { 'roots.pem': root }) } : {}
  await writeGeneration(ctx.record.paths, leaf ? { ...meta, leaf } : meta, kept)
  return { kept: true, seen: leaf ? 'the certificate that it serves' : String(scheme) }
}

function leafOf(pem: string): LeafSummary | undefined {
  try {
    const read = readCertificate(new X509Certificate(pem).raw)
    return read.ok ? leafSummary(read.certificate) : undefined
  } catch {
    return undefined // no certificate: nothing to bring back
  }
}
