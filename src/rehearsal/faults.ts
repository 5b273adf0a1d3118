/** What `--stage-fault` can break, and the one probe that fails then. */
export const stageFaults = {
  leaf: 'tls.leaf',
  chain: 'tls.chain',
  name: 'tls.name',
  address: 'dns.address',
  'plain-http': 'http.plain',
  tls11: 'tls.versions',
} as const

export type StageFault = keyof typeof stageFaults

export function isStageFault(text: string): text is StageFault {
  return Object.hasOwn(stageFaults, text)
}
