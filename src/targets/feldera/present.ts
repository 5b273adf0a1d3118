/** A pipeline that is not stopped, and how it is started again. */
export interface RunningPipeline {
  name: string
  id: string
  initial: 'running' | 'paused' | 'standby'
}

/** What was read of Feldera before a plan is made. */
export interface FelderaPresent {
  /** URL of the cluster's API server. */
  server: string
  /** Version of Kubernetes. */
  kubernetes: string
  /** Whether the namespace is there. */
  namespace: boolean
  release: {
    status: string
    revision: number
    /** Of the chart. */
    version: string
    /** The Secret that is rendered; '' on plain HTTP. */
    secret: string
  }
  /** SHA-256 of the leaf in that Secret. */
  leaf?: string
  /** Pipelines that will be stopped and started again. */
  pipelines: RunningPipeline[]
  /** Ids of pipelines that run but that the API does not list. */
  unlisted: string[]
}
