import type { Finding } from '../findings.ts'
import type { Certificate } from './certificate.ts'
import { day } from './dates.ts'
import { found, type JudgeInput } from './judgement.ts'
import type { Picked } from './pick-leaf.ts'
import { labelOf, shortKey } from './summary.ts'

/** Others that are named; a folder of lego can hold hundreds. */
const mostNamed = 5

/**
 * The leafs and keys that were not chosen, so that a wrong choice shows. Leafs that were handed in by
 * name are not among them: each is left out as a stranger, and said so.
 */
export function passedOver(
  { certificates, keys }: JudgeInput,
  { leaf, key }: Picked,
  goes: readonly Certificate[],
): Finding[] {
  const used = new Set(goes.map(({ fingerprint }) => fingerprint))
  const leafs = certificates.filter(
    ({ certificate, aside }) => aside && !certificate.isCa && !used.has(certificate.fingerprint),
  )
  const others = keys.filter(each => each.publicKeySha256 !== key?.publicKeySha256)
  const named = [
    ...leafs.map(
      ({ certificate, file }) =>
        `${labelOf(certificate)} until ${day(certificate.notAfter)} in ${file}`,
    ),
    ...others.map(({ publicKeySha256, file }) => `key ${shortKey(publicKeySha256)} in ${file}`),
  ]
  const all = [...new Set(named)]
  if (!leaf || all.length === 0) return []
  const more = all.length > mostNamed ? `, and ${all.length - mostNamed} more` : ''
  return [
    found('cert.passed-over', {
      subject: labelOf(leaf.certificate),
      evidence: `${labelOf(leaf.certificate)} in ${leaf.file} was chosen; not ${all.slice(0, mostNamed).join(', ')}${more}`,
      fix: 'Name the file of another one alone where that is meant.',
    }),
  ]
}
