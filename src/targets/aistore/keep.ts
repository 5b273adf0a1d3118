import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readCertificate } from '../../certificates/certificate.ts'
import { leafSummary } from '../../certificates/summary.ts'
import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { type LeafSummary, listGenerations, writeGeneration } from '../../record/generation.ts'
import { nodePath } from './node-path.ts'

/**
 * Keeps what was found as generation 0: the pair at the paths of the nodes, where it can be read from
 * here, and else only that there was one: `{scheme, certFile, keyFile, caFile}`.
 */
export const keepFoundOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const { paths } = ctx.record
    if ((await listGenerations(paths)).includes(0)) return { kept: true, seen: 'generation 0' }
    const { scheme, certFile, keyFile, caFile } = input
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
  printed: ({ scheme, certFile }) => [
    scheme === 'https'
      ? `keeps as generation 0: the pair at ${certFile}, where it can be read here`
      : 'keeps as generation 0: HTTP',
  ],
  shell: () => [`jq -n '{kept: true}' | answer_json`],
}

function leafOf(pem: string): LeafSummary | undefined {
  try {
    const read = readCertificate(new X509Certificate(pem).raw)
    return read.ok ? leafSummary(read.certificate) : undefined
  } catch {
    return undefined // no certificate: nothing to bring back
  }
}
