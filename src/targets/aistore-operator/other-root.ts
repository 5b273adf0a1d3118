import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Calling, Place } from '../../kubernetes/place.ts'
import { textIn } from '../../kubernetes/secret.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import { barePems } from '../../net/roots.ts'
import { oneLine } from '../../process/plain-text.ts'
import { currentGeneration, generationFolder } from '../../record/generation.ts'
import { recordPaths } from '../../record/paths.ts'
import type { World } from '../../world.ts'
import { type ManagedCertificate, managedSecret } from './answers.ts'
import type { ResourceTls } from './resource.ts'

/**
 * Why what cert-manager makes has another root than what the nodes started with, in words; undefined where
 * it has the same. Another issuer is another root: nothing tells beforehand that it is not.
 */
export async function otherRoot(
  asked: ManagedCertificate,
  { certificate, useHttps }: ResourceTls,
  { place, endpoint, resource }: { place: Place; endpoint: string; resource: string },
  calling: Calling & { world: World },
): Promise<string | undefined> {
  if (certificate === undefined || !useHttps) return undefined
  const { issuerRef = {} } = certificate as { issuerRef?: { name?: string; kind?: string } }
  // what the API server fills in (facts/aistore.md §2.8)
  const now = `${issuerRef.kind ?? 'ClusterIssuer'} ${issuerRef.name}`
  const wanted = `${asked.issuerRef.kind} ${asked.issuerRef.name}`
  if (now !== wanted) return oneLine(`its issuer is ${now}, that of the answers ${wanted}`)
  const paths = recordPaths(calling.world.stateFolder, endpoint)
  const current = await currentGeneration(paths)
  if (current === undefined) return undefined
  const file = join(generationFolder(paths, current), 'roots.pem')
  const known = barePems(await readFile(file, 'utf8').catch(() => ''))
  const name = managedSecret(resource)
  const secret = await readSecret({ place, name }, calling)
  const held = barePems(textIn(secret, 'ca.crt'))
  return known.length > 0 && held.some(pem => !known.includes(pem))
    ? `ca.crt of Secret ${name} is not the one that the nodes started with`
    : undefined
}
