/** What a proof holds an endpoint against. Data: it stands in the plan as the proof's input. */
export interface WantedEndpoint {
  /** Where TLS is opened, `host:port` each: every address and replica. */
  addresses: string[]
  /** SNI, Host and certificate name. */
  name: string
  /** SHA-256 of the leaf that must be served; without it any leaf passes. */
  leaf?: string
  /** PEM file of the roots that clients trust; without it the system's. */
  roots?: string
  /** PEM files of our own, where the endpoint asks clients for a certificate. */
  client?: { chain: string; key: string }
  /** Statuses that are right for `path`. */
  path: string
  expect: number[]
  /** Words for statuses that pass without the backend being ready: `503`. */
  notReady?: { status: number; says: string }
  /** How plain HTTP to this port is refused here, in words. */
  plainRefusal?: string
  decides: 'undo' | 'report'
  /** Milliseconds that an endpoint which does not answer yet is given. */
  waitMs: number
}
