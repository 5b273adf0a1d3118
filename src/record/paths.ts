import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** Where an endpoint's record lies. All are absolute paths. */
export interface RecordPaths {
  folder: string
  answers: string
  generations: string
  /** The file that holds the number of the generation that was proven last. */
  current: string
  journal: string
  /** The plan of the run in progress. */
  plan: string
  /** What is known of the live endpoint: name, address, last proof. */
  endpoint: string
  /** The roots that clients are given: both of them while a CA is rolled over. */
  trust: string
}

export function recordPaths(stateFolder: string, name: string): RecordPaths {
  const folder = join(stateFolder, 'endpoints', name)
  return {
    folder,
    answers: join(folder, 'answers.yaml'),
    generations: join(folder, 'generations'),
    current: join(folder, 'current'),
    journal: join(folder, 'journal.ndjson'),
    plan: join(folder, 'plan.json'),
    endpoint: join(folder, 'endpoint.json'),
    trust: join(folder, 'trust', 'roots.pem'),
  }
}

/**
 * The lock of a target. It hangs on what is changed (server, namespace, object), not on the record's
 * name, so that two records of one target exclude each other.
 */
export function lockPath(stateFolder: string, identity: string): string {
  const name = createHash('sha256').update(identity).digest('hex').slice(0, 24)
  return join(stateFolder, 'locks', `${name}.json`)
}

export function authorityFolder(stateFolder: string, name: string): string {
  return join(stateFolder, 'authorities', name)
}
