import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientSetup } from '../targets/target.ts'
import { readJsonFile } from './json-file.ts'
import { type RecordPaths, recordPaths } from './paths.ts'
import { unlessAbsent } from './read.ts'
import { makeFolder, writeFileAtomic } from './write.ts'

/** What is known of a live endpoint: `endpoint.json`. */
export interface EndpointRecord {
  schema: 'secure-endpoint/record@1'
  name: string
  target: string
  domain?: string
  /** Whether TLS was on when it was proven last. */
  https: boolean
  /** What the target needs to find it again (after a blue/green: the live name). */
  live: Readonly<Record<string, string>>
  /** Where clients reach it. */
  url?: string
  /** Every address that must serve the leaf, `host:port`. */
  addresses: readonly string[]
  /** ISO times of the last proofs; `reachable` is of what is served now. */
  served?: string
  reachable?: string
  clients: readonly ClientSetup[]
}

const schema = 'secure-endpoint/record@1'

export async function readEndpoint(paths: RecordPaths): Promise<EndpointRecord | undefined> {
  return readJsonFile<EndpointRecord>(paths.endpoint, schema)
}

export async function writeEndpoint(
  paths: RecordPaths,
  record: Omit<EndpointRecord, 'schema'>,
): Promise<void> {
  await makeFolder(paths.folder)
  await writeFileAtomic(paths.endpoint, `${JSON.stringify({ schema, ...record }, null, 2)}\n`)
}

/** The names of all endpoints that have a folder here, sorted. */
export async function listEndpoints(stateFolder: string): Promise<string[]> {
  const folder = join(stateFolder, 'endpoints')
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter(entry => entry.isDirectory())
      .map(entry => entry.name)
      .sort()
  } catch (error) {
    return unlessAbsent(folder, error, [])
  }
}

/** Removes the record of an endpoint. The endpoint itself is left as it is. */
export async function forgetEndpoint(stateFolder: string, name: string): Promise<void> {
  await rm(recordPaths(stateFolder, name).folder, { recursive: true, force: true })
}
