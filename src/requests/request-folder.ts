import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyType } from '../certificates/profile.ts'
import type { SubjectPart } from '../certificates/subject.ts'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { readJsonFile } from '../record/json-file.ts'
import { codeOf, writeFileAtomic } from '../record/write.ts'

/** `request.json`: what a CA is asked for, beside its key and the request itself. */
export interface WaitingRequest {
  schema: 'secure-endpoint/request@1'
  /** ISO time. */
  made: string
  names: string[]
  subject: SubjectPart[]
  keyType: KeyType
  uses: ('serverAuth' | 'clientAuth')[]
  /** What came of it: ISO time and the leaf's fingerprint. */
  answered?: { time: string; fingerprint: string }
}

const schema = 'secure-endpoint/request@1'

/** Where the parts of a request lie in its folder. */
export function requestPaths(folder: string) {
  const path = (name: string) => join(folder, name)
  return {
    meta: path('request.json'),
    key: path('key.pem'),
    request: path('request.csr'),
    chain: path('chain.pem'),
    roots: path('roots.pem'),
  }
}

export function readRequest(folder: string): Promise<WaitingRequest | undefined> {
  return readJsonFile<WaitingRequest>(requestPaths(folder).meta, schema)
}

export async function writeRequest(
  folder: string,
  request: Omit<WaitingRequest, 'schema'>,
): Promise<void> {
  const text = JSON.stringify({ schema, ...request }, null, 2)
  await writeFileAtomic(requestPaths(folder).meta, `${text}\n`)
}

/**
 * The key that waits in a folder; undefined where there is none yet.
 *
 * @throws Problem with exit 65 when it is no key any more; nothing of it is said
 */
export async function readRequestKey(folder: string): Promise<KeyObject | undefined> {
  const { key } = requestPaths(folder)
  let text: string
  try {
    text = await readFile(key, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    return createPrivateKey(text)
  } catch {
    throw problem(exitCodes.data, {
      id: 'cert.request-damaged',
      title: `${key} holds no private key that can be read.`,
      subject: key,
      fix: 'Put it back from a backup, or make a new request in another folder: --out FOLDER.',
    })
  }
}
