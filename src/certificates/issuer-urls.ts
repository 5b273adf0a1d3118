import type { Certificate } from './certificate.ts'

/**
 * Where a certificate says that its issuer's lies (AIA caIssuers), over http, as RFC 5280, 4.2.2.1,
 * means it, or https: the signature shows whether it is the right one.
 */
export function issuerUrlsOf({ issuerUrls = [] }: Certificate): string[] {
  return issuerUrls.filter(
    text => URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol),
  )
}
