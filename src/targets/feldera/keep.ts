import { X509Certificate } from 'node:crypto'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { placeOf, shellPlace } from '../../kubernetes/place.ts'
import { kubernetesFinding } from '../../kubernetes/problems.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { oneLine } from '../../process/plain-text.ts'
import { listGenerations, writeGeneration } from '../../record/generation.ts'
import { felderaFindings } from './findings.ts'

/**
 * Keeps what was found as generation 0: the bytes of the Secret that the release serves, and which
 * revision that was: `{place, secret, revision}`. The Secret itself stays as it is.
 */
export const keepFoundOp: Op = {
  changes: false,
  async run({ place: at, secret: name, revision }, ctx): Promise<Json> {
    const { paths } = ctx.record
    if ((await listGenerations(paths)).includes(0)) return { kept: true, seen: 'generation 0' }
    const place = placeOf(at)
    const made = new Date(ctx.world.clock.now()).toISOString()
    const found = { secret: name ?? '', revision: revision ?? 0 }
    const meta = { number: 0, made, source: 'found' as const, found }
    if (name === '') {
      await writeGeneration(paths, meta, {})
      return { kept: true, seen: `HTTP, revision ${revision}` }
    }
    const secret = await readSecret({ place, name: String(name) }, ctx)
    const text = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8')
    const chain = text('tls.crt')
    if (!secret || chain === '') throw gone(String(name), place.namespace)
    const [last = ''] = pemCertificates(chain).slice(-1)
    sayIfOpen(last, String(name), ctx)
    const files = { 'chain.pem': chain, 'key.pem': text('tls.key'), 'roots.pem': last }
    await writeGeneration(paths, meta, files)
    return { kept: true, seen: `the pair in ${name}, revision ${revision}` }
  },
  printed: ({ secret, revision }, show) => [
    secret === ''
      ? `keeps as generation 0: HTTP, revision ${show(revision)}`
      : `keeps as generation 0: the pair in Secret ${show(secret)}, revision ${show(revision)}`,
  ],
  shell: ({ place, secret }, sh) => [`feldera_keep ${shellPlace(place, sh)} ${sh.word(secret)}`],
}

/** A chain without its root serves clients well, but not the components: the new one mends that. */
function sayIfOpen(last: string, name: string, ctx: Performing): void {
  const { subject, issuer } = new X509Certificate(last)
  if (subject === issuer) return
  const said = `it ends with ${oneLine(subject)}, signed by ${oneLine(issuer)}`
  const fix =
    'The new chain ends with its root; to go back to this one later would bring the fault back. A pipeline that cannot be stopped with a checkpoint: target.stop: force.'
  ctx.finding(finding(felderaFindings, 'feldera.no-root', { subject: name, evidence: said, fix }))
}

function gone(name: string, namespace: string) {
  return kubernetesFinding('kube.no-workload', exitCodes.failed, {
    title: `The Secret ${name} that the release names is not there.`,
    subject: `${namespace}/${name}`,
    evidence: `no Secret ${name} with tls.crt`,
    fix: 'Put it back, or take the value out of the release first.',
  })
}
