import type { Answers } from '../../answers/answers.ts'

/** The answers under `target.` of a SkyServe service. */
export interface SkyServeAnswers {
  kind: 'skyserve'
  service: string
  /** The service YAML, where the service is to be started from it. */
  yaml: string
  /** The folder that relative paths in the service YAML hang on: where `sky` is run. */
  folder: string
  switch: 'in-place' | 'blue-green'
  /** URL of the API server, without user and password. */
  server: string
  /** Where clients reach the load balancer, when sky only says `localhost`. */
  address?: string
  envFile?: string
  secretFile?: string
}

export function skyserveAnswers(answers: Answers): SkyServeAnswers {
  return answers.target as unknown as SkyServeAnswers
}

/**
 * Names that SkyPilot keeps in one folder on the controller: `-` and `_` are the same there
 * (sky/serve/serve_utils.py), so two such services share one key and certificate.
 */
export function folderName(service: string): string {
  return service.replaceAll('-', '_')
}
