import { createHash } from 'node:crypto'
import { chown, copyFile, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../../../plan/plan.ts'
import { atPath } from '../../../plan/predicate.ts'
import { makeFolder, writeFileAtomic } from '../../../record/write.ts'
import { keepsContent, type StateFile, stateFileWith } from './state-file.ts'

/** The addresses of a node's settings that say in which scheme the primary is asked. */
const urls = ['primary_url', 'original_url', 'discovery_url'] as const

/** Whether settings make a node listen in plain HTTP at its next start. */
export function isPlain(content: Json): boolean {
  return (
    atPath(content, 'net.http.use_https') !== true &&
    urls.every(name => !String(atPath(content, `proxy.${name}`) ?? '').startsWith('https:'))
  )
}

/** The same settings with plain HTTP. Paths stay: the cluster clears them once it runs. */
export function inPlain(content: Json): Json {
  const copy = structuredClone(content) as { [key: string]: { [key: string]: Json } }
  const http = atPath(copy as Json, 'net.http') as { [key: string]: Json }
  http.use_https = false
  const proxy = copy.proxy ?? {}
  for (const name of urls)
    if (typeof proxy[name] === 'string') proxy[name] = proxy[name].replace(/^https:/, 'http:')
  return copy as Json
}

/**
 * The settings that all nodes shall have: those of the node that heard of a change last. They are the
 * cluster's and the same everywhere; a node with older ones than another would be told off.
 */
export function youngestOf(confs: readonly StateFile[], uuid: string): StateFile | undefined {
  const version = ({ content }: StateFile) => Number(atPath(content, 'config_version') ?? 0)
  return confs
    .filter(each => atPath(each.content, 'uuid') === uuid && keepsContent(each))
    .sort((a, b) => version(b) - version(a))[0]
}

/** Writes a node's settings with the mode that its file had. */
export async function writeSettings(path: string, file: StateFile, content: Json): Promise<void> {
  const { mode, uid, gid } = await stat(path)
  await writeFileAtomic(path, stateFileWith(file, content), mode & 0o777)
  if (process.getuid?.() === 0) await chown(path, uid, gid)
}

/** Keeps a file under its name and the first digits of its hash: nothing kept is ever written over. */
export async function keepCopy(path: string, folder: string, name: string): Promise<void> {
  const bytes = await readFile(path)
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  await makeFolder(folder)
  await copyFile(path, join(folder, `${name}-${hash}`))
}

/** Puts a kept file back, for the user whose folder it is. */
export async function putBack(from: string, path: string, like: string): Promise<void> {
  await writeFileAtomic(path, await readFile(from), 0o640)
  const { uid, gid } = await stat(like)
  if (process.getuid?.() === 0) await chown(path, uid, gid)
}
