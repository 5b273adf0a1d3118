import { getPublicSuffix } from 'tldts-icann'

/** Whether the list's ICANN part has a host, which is in small letters and A-labels. */
export function isPublicSuffix(host: string): boolean {
  return getPublicSuffix(host, { extractHostname: false, validateHostname: false }) === host
}
