import { readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readableAuthorities } from '../certificates/authority.ts'
import { type Certificate, readCertificate } from '../certificates/certificate.ts'
import { cutPem } from '../certificates/pem.ts'
import { trustedBeside } from '../certificates/rollover.ts'
import { listEndpoints } from '../record/endpoint.ts'
import {
  currentGeneration,
  generationFolder,
  type LeafSummary,
  readGeneration,
} from '../record/generation.ts'
import { type RecordPaths, recordPaths } from '../record/paths.ts'
import { codeOf, makeFolder, writeFileAtomic } from '../record/write.ts'

/** The roots that clients of an endpoint must be given; empty where systems trust its root already. */
export async function endpointRoots(
  stateFolder: string,
  paths: RecordPaths,
): Promise<Certificate[]> {
  const current = await currentGeneration(paths)
  if (current === undefined) return []
  const meta = await readGeneration(paths, current)
  const all = meta?.authority === undefined ? [] : await readableAuthorities(stateFolder)
  const authority = all.find(({ name }) => name === meta?.authority)
  if (!authority) return readRoots(join(generationFolder(paths, current), 'roots.pem'))
  const beside = trustedBeside(authority.name, all).map(({ certificate }) => certificate)
  return [authority.certificate, ...beside]
}

/** Writes `trust/roots.pem` of an endpoint as it must be now, or takes it away. */
export async function keepTrust(stateFolder: string, paths: RecordPaths): Promise<void> {
  const roots = await endpointRoots(stateFolder, paths)
  if (roots.length === 0) {
    await rm(paths.trust, { force: true })
    return
  }
  await makeFolder(dirname(paths.trust))
  await writeFileAtomic(paths.trust, roots.map(({ pem }) => pem).join(''), 0o600)
}

/** An endpoint whose current leaf a local CA has signed. */
export interface AuthorityUser {
  endpoint: string
  authority: string
  leaf: LeafSummary
}

export async function authorityUsers(stateFolder: string): Promise<AuthorityUser[]> {
  const names = await listEndpoints(stateFolder)
  const all = await Promise.all(
    names.map(async endpoint => {
      const paths = recordPaths(stateFolder, endpoint)
      const current = await currentGeneration(paths)
      const meta = current === undefined ? undefined : await readGeneration(paths, current)
      const { authority, leaf } = meta ?? {}
      return authority !== undefined && leaf ? [{ endpoint, authority, leaf }] : []
    }),
  )
  return all.flat()
}

/** The certificates of a PEM file that can be read; none where there is no such file. */
export async function readRoots(path: string): Promise<Certificate[]> {
  try {
    const { blocks } = cutPem(await readFile(path))
    return blocks
      .filter(({ kind }) => kind === 'certificate')
      .flatMap(block => {
        const reading = readCertificate(block.der)
        return reading.ok ? [reading.certificate] : []
      })
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(codeOf(error))) return []
    throw error
  }
}
