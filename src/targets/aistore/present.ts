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
  /** It is not there yet: its first start gives it a map and a UUID. */
  isNew?: true
  cluster: Cluster
  version: string
  /** What its listeners speak now; `use_https` says what they will after a restart. */
  scheme: 'http' | 'https'
  http: HttpSettings
}

/** What is known of a cluster that nothing was read of. */
export const nothingRead: AistorePresent = {
  cluster: { uuid: '', primary: '', nodes: [] },
  version: '',
  scheme: 'http',
  http: {
    use_https: false,
    server_crt: '',
    server_key: '',
    client_ca_tls: '',
    client_auth_tls: 0,
    skip_verify: false,
  },
}
