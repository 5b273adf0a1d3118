import type { CertificateProfile } from '../../certificates/profile.ts'

/**
 * What a target asks of a certificate, as far as a name tells. Only who names one waits for it: a
 * target brings YAML and templates with it, three times what a check needs.
 *
 * @throws Problem with exit 2 for a target that is not known
 */
export async function profileOfTarget(
  kind: string,
  names: readonly string[],
  certificate?: { source: 'self-signed' },
): Promise<CertificateProfile> {
  const { namedTarget } = await import('../../targets/index.ts')
  const target = await namedTarget(kind).load()
  const more = certificate === undefined ? {} : { certificate }
  // no other answer is known: names that hang on one are left out
  return target.profile({ domain: names[0] ?? '', target: { kind }, ...more } as never)
}
