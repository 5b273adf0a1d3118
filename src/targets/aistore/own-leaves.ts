import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fingerprintIn } from './fingerprint.ts'
import type { FoundOnHost } from './hosts/found-on-hosts.ts'

/**
 * Nodes with a certificate of their own, beside the one that stands for the pair: fingerprints by node
 * id. `net.http` has one path for all nodes, and what lies there may differ on purpose.
 */
export type OwnLeaves = Readonly<Record<string, string>>

/** Those of a generation in this folder; none of a pair that was made, or where all nodes had the same. */
export async function ownLeaves(folder: string): Promise<OwnLeaves> {
  const text = await readFile(join(folder, 'meta.json'), 'utf8').catch(() => '{}')
  return (JSON.parse(text) as { found?: { leaves?: OwnLeaves } }).found?.leaves ?? {}
}

/** The same of what lies on hosts; `leaf` is the fingerprint that stands for all. */
export function ownLeavesOn(found: readonly FoundOnHost[], leaf: string): OwnLeaves {
  return Object.fromEntries(
    found.flatMap(({ host, pem }) => {
      const own = fingerprintIn(pem)
      return own === undefined || own === leaf ? [] : host.nodes.map(id => [id, own] as const)
    }),
  )
}
