import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readJsonFile } from '../record/json-file.ts'
import { codeOf, makeFolder, writeFileAtomic } from '../record/write.ts'
import { readRequest, type WaitingRequest } from './request-folder.ts'

/** `requests/ID.json` in the state folder: where a request waits for its answer. */
interface Pointer {
  schema: 'secure-endpoint/request-pointer@1'
  /** Absolute. */
  folder: string
}

/** A request whose answer has not come. */
export interface Waiting {
  folder: string
  request: WaitingRequest
}

const schema = 'secure-endpoint/request-pointer@1'

/** Remembers where a request waits. */
export async function pointTo(stateFolder: string, folder: string): Promise<void> {
  await makeFolder(join(stateFolder, 'requests'))
  await writeFileAtomic(
    pathOf(stateFolder, folder),
    `${JSON.stringify({ schema, folder }, null, 2)}\n`,
  )
}

export async function forgetPointer(stateFolder: string, folder: string): Promise<void> {
  await rm(pathOf(stateFolder, folder), { force: true })
}

/** All requests that wait, oldest first; a folder that is gone or was answered is passed over. */
export async function listWaiting(stateFolder: string): Promise<Waiting[]> {
  const pointers = join(stateFolder, 'requests')
  const names = await namesIn(pointers)
  const all = await Promise.all(
    names.map(async (name): Promise<Waiting[]> => {
      const pointer = await readJsonFile<Pointer>(join(pointers, name), schema)
      const request = pointer && (await readRequest(pointer.folder))
      return request && !request.answered ? [{ folder: pointer.folder, request }] : []
    }),
  )
  return all.flat().sort((a, b) => (a.request.made < b.request.made ? -1 : 1))
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter(name => name.endsWith('.json') && !name.startsWith('.'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

function pathOf(stateFolder: string, folder: string): string {
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  return join(stateFolder, 'requests', `${id}.json`)
}
