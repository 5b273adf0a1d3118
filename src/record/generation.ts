import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readJsonFile } from './json-file.ts'
import type { RecordPaths } from './paths.ts'
import { unlessAbsent } from './read.ts'
import { makeFolder, syncFolder, writeFileAtomic } from './write.ts'

/** What `generations/N/meta.json` says. A generation is written once and never changed. */
export interface GenerationMeta {
  schema: 'secure-endpoint/generation@1'
  number: number
  /** ISO time. */
  made: string
  source: 'self-signed' | 'uploaded' | 'managed' | 'found'
  /** The generation that was current when this one was made. */
  replaces?: number
  leaf?: LeafSummary
  /** The local CA that signed it. */
  authority?: string
  /** What a target must remember of what it found (generation 0). */
  found?: unknown
}

export interface LeafSummary {
  /** SHA-256 over the DER, upper-case hex in pairs joined by colons. */
  fingerprint: string
  subject: string
  issuer: string
  names: string[]
  keyType: string
  /** ISO times. */
  notBefore: string
  notAfter: string
}

/** Files of a generation by name; the key among them. Each is written 0600. */
export type GenerationFiles = Readonly<Record<string, string | Buffer>>

const schema = 'secure-endpoint/generation@1'

export function generationFolder(paths: RecordPaths, number: number): string {
  return join(paths.generations, String(number))
}

/** The numbers of all complete generations, ascending. */
export async function listGenerations(paths: RecordPaths): Promise<number[]> {
  try {
    const names = await readdir(paths.generations)
    return names
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b)
  } catch (error) {
    return unlessAbsent(paths.generations, error, [])
  }
}

export async function readGeneration(
  paths: RecordPaths,
  number: number,
): Promise<GenerationMeta | undefined> {
  return readJsonFile<GenerationMeta>(join(generationFolder(paths, number), 'meta.json'), schema)
}

/** Writes a whole generation, or nothing: a folder beside it that gets its number at the end. */
export async function writeGeneration(
  paths: RecordPaths,
  meta: Omit<GenerationMeta, 'schema'>,
  files: GenerationFiles,
): Promise<void> {
  const final = generationFolder(paths, meta.number)
  const beside = join(paths.generations, `.${meta.number}.new`)
  await makeFolder(paths.generations)
  await rm(beside, { recursive: true, force: true })
  await mkdir(beside, { mode: 0o700 })
  const all = { ...files, 'meta.json': `${JSON.stringify({ schema, ...meta }, null, 2)}\n` }
  for (const [name, content] of Object.entries(all)) {
    await writeFileAtomic(join(beside, name), content)
  }
  await rename(beside, final)
  await syncFolder(paths.generations)
}

/** The generation that was proven last; undefined before the first proof. */
export async function currentGeneration(paths: RecordPaths): Promise<number | undefined> {
  try {
    const number = Number.parseInt(await readFile(paths.current, 'utf8'), 10)
    return Number.isInteger(number) ? number : undefined
  } catch (error) {
    return unlessAbsent(paths.current, error, undefined)
  }
}

export async function setCurrentGeneration(paths: RecordPaths, number: number): Promise<void> {
  await writeFileAtomic(paths.current, `${number}\n`)
}

/**
 * Removes what is older than the current generation and the two that it replaced, one after the other;
 * 0 (what was found) stays, and what is newer (somebody went back). Pairs whose proof failed go, too.
 */
export async function pruneGenerations(paths: RecordPaths): Promise<number[]> {
  const current = await currentGeneration(paths)
  if (current === undefined) return []
  const kept = new Set([0, current])
  let at: number | undefined = current
  for (let older = 0; older < 2 && at !== undefined; older += 1) {
    at = (await readGeneration(paths, at))?.replaces
    if (at !== undefined) kept.add(at)
  }
  const gone = (await listGenerations(paths)).filter(each => each < current && !kept.has(each))
  for (const number of gone) {
    await rm(generationFolder(paths, number), { recursive: true, force: true })
  }
  return gone
}
