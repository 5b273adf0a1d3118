import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readCertificate } from '../../certificates/certificate.ts'
import { leafSummary } from '../../certificates/summary.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { type LeafSummary, listGenerations, writeGeneration } from '../../record/generation.ts'
import { certificatesOnHosts } from './hosts/found-on-hosts.ts'
import type { Hosts } from './hosts/on-host.ts'
import { nodePath } from './node-path.ts'

/**
 * Keeps what was found as generation 0: the pair at the paths of the nodes, where it can be read from
 * here, and else only that there was one: `{scheme, certFile, keyFile, caFile, ssh}`. By ssh the
 * certificates alone are brought here: each host keeps its own key beside the new one.
 */
export const keepFoundOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const { paths } = ctx.record
    if ((await listGenerations(paths)).includes(0)) return { kept: true, seen: 'generation 0' }
    const { scheme, certFile, keyFile, caFile, ssh } = input
    if (ssh !== undefined && scheme === 'https')
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
        : `keeps as generation 0: the certificate at ${certFile}; each host keeps its key`,
  ],
  shell: () => [`jq -n '{kept: true}' | answer_json`],
}

/** The pair of the first host stands for all; what others have of their own is kept there as well. */
async function keepOfHosts(
  { scheme, certFile, caFile }: Record<string, Json>,
  ssh: Hosts,
  ctx: Performing,
): Promise<Json> {
  const [chains, roots] = await Promise.all(
    [certFile, caFile].map(path =>
      path === '' ? [] : certificatesOnHosts(ssh, String(path), ctx),
    ),
  )
  const chain = chains?.find(({ pem }) => pem !== '')?.pem ?? ''
  const root = roots?.find(({ pem }) => pem !== '')?.pem ?? ''
  const leaf = chain === '' ? undefined : leafOf(chain)
  const made = new Date(ctx.world.clock.now()).toISOString()
  const found = { scheme: String(scheme), certFile: String(certFile), onHosts: ssh.kept }
  const meta = { number: 0, made, source: 'found' as const, found }
  const files = leaf ? { 'chain.pem': chain, ...(root === '' ? {} : { 'roots.pem': root }) } : {}
  await writeGeneration(ctx.record.paths, leaf ? { ...meta, leaf } : meta, files)
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
