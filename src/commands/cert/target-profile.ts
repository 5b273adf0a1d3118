import type { CertificateProfile } from '../../certificates/profile.ts'
import { usage } from '../../errors.ts'

/**
 * What a target asks of a certificate, as far as a name tells. Only who names one waits for it: a
 * target brings YAML and templates with it, three times what a check needs.
 *
 * @throws Problem with exit 2 for a target that is not known
 */
export async function profileOfTarget(
  kind: string,
  names: readonly string[],
): Promise<CertificateProfile> {
  const { targets } = await import('../../targets/index.ts')
  const listed = targets.find(each => each.kind === kind)
  if (!listed) {
    throw usage(
      `--target: ${kind} is no target.`,
      `Name one of ${targets.map(each => each.kind).join(', ')}.`,
    )
  }
  const target = await listed.load()
  return target.profile({ domain: names[0] ?? '' } as never)
}
