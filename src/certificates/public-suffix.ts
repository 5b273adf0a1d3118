import type { Certificate } from './certificate.ts'

/** Whether everybody can register names directly below a host. */
export type IsPublicSuffix = (host: string) => boolean

/**
 * The Public Suffix List as tldts brings it: its ICANN part, which the CA/Browser Forum BR, 3.2.2.6, point
 * to for wildcards; below a private one (github.io) its owner may well have a wildcard. It is loaded only
 * where one of the certificates has a wildcard.
 */
export async function publicSuffixesFor(
  certificates: readonly { certificate: Pick<Certificate, 'dnsNames'> }[],
): Promise<{ isPublicSuffix?: IsPublicSuffix }> {
  const wild = ({ certificate: { dnsNames } }: (typeof certificates)[number]) =>
    dnsNames.some(name => name.startsWith('*.'))
  if (!certificates.some(wild)) return {}
  const { isPublicSuffix } = await import('./public-suffix-list.ts')
  return { isPublicSuffix }
}
