import type { Extension } from './extension.ts'
import type { ForeignIngress } from './ingress.ts'

/** What was read of the cluster and its extension before a plan is made. */
export interface AzureMlPresent {
  /** The API server that az and kubectl agree on. */
  server: string
  /** The extension, where the cluster has it. */
  extension?: Extension
  /** The leaf that is served now, where it is not one of ours: SHA-256. */
  servedLeaf?: string
  /** The Ingress of the wanted name, where it is somebody else's. */
  foreignIngress?: ForeignIngress
}
