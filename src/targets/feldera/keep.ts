import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readCertificate } from '../../certificates/certificate.ts'
import { leafSummary } from '../../certificates/summary.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { placeOf, shellPlace } from '../../kubernetes/place.ts'
import { kubernetesFinding } from '../../kubernetes/problems.ts'
import { textIn } from '../../kubernetes/secret.ts'
import { readSecret, secretLookOp } from '../../kubernetes/secret-ops.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { oneLine } from '../../process/plain-text.ts'
import { listGenerations, readGeneration, writeGeneration } from '../../record/generation.ts'
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
    const chain = textIn(secret, 'tls.crt')
    const all = pemCertificates(chain)
    const [leaf] = all
    const read = leaf === undefined ? undefined : readCertificate(new X509Certificate(leaf).raw)
    if (!read?.ok) throw gone(String(name), place.namespace)
    const [last = ''] = all.slice(-1)
    sayIfOpen(last, String(name), ctx)
    const files = { 'chain.pem': chain, 'key.pem': textIn(secret, 'tls.key'), 'roots.pem': last }
    // with its leaf it is a generation that `rotate --undo` can bring back
    await writeGeneration(paths, { ...meta, leaf: leafSummary(read.certificate) }, files)
    return { kept: true, seen: `the pair in ${name}, revision ${revision}` }
  },
  printed: ({ secret, revision }, show) => [
    secret === ''
      ? `keeps as generation 0: HTTP, revision ${show(revision)}`
      : `keeps as generation 0: the pair in Secret ${show(secret)}, revision ${show(revision)}`,
  ],
  shell: ({ place, secret }, sh) => [`feldera_keep ${shellPlace(place, sh)} ${sh.word(secret)}`],
}

/**
 * Looks where the pair of generation 0 is: in the Secret in which it was found, as long as that holds
 * both files as they were kept, else in one of ours, as `kubernetes.secret-look` does; same input.
 */
export const foundLookOp: Op = {
  ...secretLookOp,
  async run(input, ctx): Promise<Json> {
    const meta = await readGeneration(ctx.record.paths, ctx.record.generation)
    const { secret: name = '' } = (meta?.found ?? {}) as { secret?: string }
    const files = Object.entries(input.files as Record<string, string>)
    const found =
      name === '' ? undefined : await readSecret({ place: placeOf(input.place), name }, ctx)
    const held = await Promise.all(
      files.map(async ([key, path]) => textIn(found, key) === (await readFile(path, 'utf8'))),
    )
    return found && held.every(Boolean)
      ? { name, state: 'as-wanted', seen: `${name} holds it still` }
      : secretLookOp.run(input, ctx)
  },
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
