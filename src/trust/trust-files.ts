import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Certificate } from '../certificates/certificate.ts'
import { cannotWrite, writeFileAtomic } from '../record/write.ts'

/** The files that the ways of trusting name. All paths are absolute. */
export interface TrustFiles {
  /** What the roots are for, as a part of file names: `fraud-model`. */
  slug: string
  folder: string
  /** The roots alone. */
  roots: string
  /** The roots of this system and ours, where a variable replaces what is there. */
  bundle: string
  configMap: string
  /** One file a root: trust stores take no more than one from a file. */
  singles: { name: string; path: string; fingerprint: string; sha1: string }[]
  /** Where the endpoint answers. */
  url?: string
}

/** Where the files of some roots lie in a folder, before they are written. */
export function trustFiles(
  folder: string,
  what: string,
  roots: readonly Certificate[],
  url?: string,
): TrustFiles {
  const slug = slugOf(what)
  return {
    slug,
    folder,
    roots: join(folder, 'roots.pem'),
    bundle: join(folder, 'bundle.pem'),
    configMap: join(folder, 'configmap.yaml'),
    singles: roots.map(({ fingerprint, x509 }) => {
      const name = `secure-endpoint-${slug}-${hexOf(fingerprint).slice(0, 8).toLowerCase()}`
      const path = join(folder, `${name}.crt`)
      return { name, path, fingerprint, sha1: hexOf(x509.fingerprint) }
    }),
    ...(url === undefined ? {} : { url }),
  }
}

/**
 * Writes them, readable by every user; files of roots that are no longer trusted go.
 *
 * @param systemRoots PEM blocks
 * @throws Problem with exit 73
 */
export async function writeTrustFiles(
  files: TrustFiles,
  roots: readonly Certificate[],
  systemRoots: readonly string[],
): Promise<void> {
  const { folder, slug } = files
  const own = roots.map(({ pem }) => pem)
  const others = systemRoots.map(pem => `${pem.trim()}\n`).filter(pem => !own.includes(pem))
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${slug}-roots` },
    data: { 'roots.pem': own.join('') },
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw cannotWrite(folder, error)
  }
  await writeFileAtomic(files.roots, own.join(''), 0o644)
  await writeFileAtomic(files.bundle, [...others, ...own].join(''), 0o644)
  await writeFileAtomic(files.configMap, stringify(map, { lineWidth: 0 }), 0o644)
  for (const [index, { path }] of files.singles.entries()) {
    await writeFileAtomic(path, own[index] ?? '', 0o644)
  }
  await removeStale(folder, slug, new Set(files.singles.map(({ name }) => name)))
}

/** Removes files of ours for this slug whose root is not wanted any more; gives their names. */
export async function removeStale(
  folder: string,
  slug: string,
  wanted: ReadonlySet<string>,
): Promise<string[]> {
  const ours = new RegExp(`^secure-endpoint-${slug.replaceAll('.', '\\.')}-[0-9a-f]{8}$`)
  const stale = (await readdir(folder))
    .filter(file => file.endsWith('.crt'))
    .map(file => file.slice(0, -'.crt'.length))
    .filter(name => ours.test(name) && !wanted.has(name))
  for (const name of stale) await rm(join(folder, `${name}.crt`), { force: true })
  return stale
}

/** Fits file names and Kubernetes names alike. */
function slugOf(what: string): string {
  const slug = what.toLowerCase().replace(/[^a-z0-9.]+/g, '-')
  return slug.slice(0, 63).replace(/^[-.]+|[-.]+$/g, '') || 'roots'
}

function hexOf(fingerprint: string): string {
  return fingerprint.replaceAll(':', '')
}
