import { checkDomain } from '../../answers/checks.ts'
import type { CertificateProfile } from '../../certificates/profile.ts'
import { usage } from '../../errors.ts'
import { anyServer } from './any-server.ts'
import { profileOfTarget } from './target-profile.ts'

export interface ProfileFlags {
  domain?: string
  target?: string
  profile?: string
  purpose?: string
}

/**
 * What a certificate is held against, as the flags say it.
 *
 * @throws Problem with exit 2 for a flag that makes no sense
 */
export async function profileFor(flags: ProfileFlags): Promise<CertificateProfile> {
  const { domain, target, profile = 'target', purpose } = flags
  const name = domain === undefined ? undefined : checkDomain(domain)
  if (name && 'wrong' in name) throw usage(`--domain: ${name.wrong}`, name.fix)
  const names = name ? [String(name.value)] : []
  oneOf('--profile', profile, ['target', 'webpki'])
  oneOf('--purpose', purpose ?? 'server', ['server', 'client'])
  const uses = purpose === 'client' ? { extendedKeyUsage: ['clientAuth' as const] } : {}
  const strict = profile === 'webpki' ? { strict: true } : {}
  if (target === undefined) return { ...anyServer, names, ...uses, ...strict }
  return { ...(await profileOfTarget(target, names)), names, ...uses, ...strict }
}

function oneOf(flag: string, value: string, values: readonly string[]): void {
  if (values.includes(value)) return
  throw usage(`${flag}: ${value} is not known.`, `Name one of ${values.join(', ')}.`)
}
