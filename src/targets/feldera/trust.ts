import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Calling, Place } from '../../kubernetes/place.ts'
import { textIn } from '../../kubernetes/secret.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import { pemCertificates } from '../../net/roots.ts'
import { generationFolder, listGenerations } from '../../record/generation.ts'
import type { RecordPaths } from '../../record/paths.ts'

/** The chain in a TLS Secret of the cluster, leaf first, as PEM; empty where there is none. */
export async function chainInSecret(
  place: Place,
  name: string,
  calling: Calling,
): Promise<string[]> {
  if (name === '') return []
  const secret = await readSecret({ place, name }, calling)
  return pemCertificates(textIn(secret, 'tls.crt'))
}

/**
 * What a server of this endpoint may be trusted by: the last certificate of each kept generation, as its
 * own components take the last one of their Secret.
 */
export async function rootsOfEndpoint(paths: RecordPaths): Promise<string[]> {
  const lasts = await Promise.all(
    (await listGenerations(paths)).map(async number => {
      const path = join(generationFolder(paths, number), 'chain.pem')
      return pemCertificates(await readFile(path, 'utf8').catch(() => '')).slice(-1)
    }),
  )
  return [...new Set(lasts.flat())]
}
