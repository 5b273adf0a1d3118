import type { Cluster } from './cluster.ts'

/** What matters of `net.http` in the cluster's settings. */
export interface HttpSettings {
  use_https: boolean
  server_crt: string
  server_key: string
  client_ca_tls: string
  client_auth_tls: number
  skip_verify: boolean
}

/** What was read of the cluster. */
export interface AistorePresent {
  cluster: Cluster
  version: string
  /** What its listeners speak now; `use_https` says what they will after a restart. */
  scheme: 'http' | 'https'
  http: HttpSettings
}
