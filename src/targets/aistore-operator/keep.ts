import { X509Certificate } from 'node:crypto'
import { readCertificate } from '../../certificates/certificate.ts'
import { leafSummary } from '../../certificates/summary.ts'
import { placeOf, shellPlace } from '../../kubernetes/place.ts'
import { textIn } from '../../kubernetes/secret.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { listGenerations, writeGeneration } from '../../record/generation.ts'

/**
 * Keeps as generation 0 what the resource served: `{place, secret, managed}`; empty where it was HTTP. A
 * key that somebody else manages stays where it is.
 */
export const keepFoundOp: Op = {
  changes: false,
  async run({ place: at, secret: name, managed }, ctx): Promise<Json> {
    const { paths } = ctx.record
    if ((await listGenerations(paths)).includes(0)) return { kept: true, seen: 'generation 0' }
    const made = new Date(ctx.world.clock.now()).toISOString()
    const meta = { number: 0, made, source: 'found' as const, found: { secret: String(name) } }
    const secret =
      name === '' ? undefined : await readSecret({ place: placeOf(at), name: String(name) }, ctx)
    const text = (key: string) => textIn(secret, key)
    const [pem] = pemCertificates(text('tls.crt'))
    const read = pem === undefined ? undefined : readCertificate(new X509Certificate(pem).raw)
    if (!read?.ok) {
      await writeGeneration(paths, meta, {})
      return { kept: true, seen: 'HTTP' }
    }
    const files = {
      'chain.pem': text('tls.crt'),
      ...(managed === true ? {} : { 'key.pem': text('tls.key') }),
      ...(text('ca.crt') === '' ? {} : { 'roots.pem': text('ca.crt') }),
    }
    await writeGeneration(paths, { ...meta, leaf: leafSummary(read.certificate) }, files)
    return { kept: true, seen: `the pair in ${name}` }
  },
  printed: ({ secret }, show) => [
    `keeps as generation 0: ${secret === '' ? 'HTTP' : `the pair in Secret ${show(secret)}`}`,
  ],
  shell: ({ place, secret }, sh) => [`aisop_keep ${shellPlace(place, sh)} ${sh.word(secret)}`],
}
