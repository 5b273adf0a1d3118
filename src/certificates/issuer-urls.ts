import type { Certificate } from './certificate.ts'

/**
 * Where a certificate says that its issuer's lies (AIA caIssuers), over plain http, as RFC 5280, 4.2.2.1,
 * means it: the signature shows whether it is the right one.
 */
export function httpIssuerUrls({ issuerUrls = [] }: Certificate): string[] {
  return issuerUrls.filter(text => URL.canParse(text) && new URL(text).protocol === 'http:')
}
