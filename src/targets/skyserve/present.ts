import type { ServiceState } from './service.ts'

/** What was read of SkyServe before a plan is made. */
export interface SkyServePresent {
  server: string
  /** Version of the API server; missing where it was not read. */
  version?: string
  /** The service that the endpoint is, where it runs: by its live name, which a blue/green changes. */
  service?: ServiceState
  /** The name that a new service gets instead of the one in the answers (`onConflict: rename`). */
  newName?: string
  /** Names of all services: a new one must differ from them by more than `-` and `_`. */
  names: string[]
}
