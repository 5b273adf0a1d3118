import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { generateKey, readNames } from '../certificates/issue.ts'
import { keyTypeOf } from '../certificates/key-type.ts'
import { keyPem } from '../certificates/private-key.ts'
import type { KeyType } from '../certificates/profile.ts'
import { certificateRequest } from '../certificates/request.ts'
import type { SubjectPart } from '../certificates/subject.ts'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { canonicalJson } from '../plan/digest.ts'
import type { Json } from '../plan/plan.ts'
import { makeFolder, writeFileAtomic } from '../record/write.ts'
import { fileTaken } from '../user-file.ts'
import { pointTo } from './pointers.ts'
import {
  readRequest,
  readRequestKey,
  requestPaths,
  type WaitingRequest,
  writeRequest,
} from './request-folder.ts'

const anotherFolder = 'Name another folder with --out FOLDER.'

export interface RequestWish {
  /** Absolute; it is made where it is not there. */
  folder: string
  names: readonly string[]
  subject: readonly SubjectPart[]
  keyType: KeyType
  uses: WaitingRequest['uses']
}

export interface MadeRequest {
  request: WaitingRequest
  key: KeyObject
  /** PEM. */
  csr: string
  /** Whether the key was there already: an earlier call made it, or was killed before its end. */
  again: boolean
}

/**
 * Makes a key and a request for it in a folder. What an earlier, killed call has left there is taken
 * up: the same key, never a second one.
 *
 * @throws Problem with exit 73 when something else lies there, 65 for a name that is none
 */
export async function makeRequest(
  wish: RequestWish,
  { stateFolder, now }: { stateFolder: string; now: number },
): Promise<MadeRequest> {
  const { folder, keyType } = wish
  const names = readNames(wish.names).map(({ text }) => text)
  const paths = requestPaths(folder)
  const before = await readRequest(folder)
  if (before && !isSame(before, { ...wish, names })) throw otherRequest(folder, before)
  const foreign = [paths.key, paths.chain].find(existsSync)
  if (foreign !== undefined && (!before || before.answered))
    throw fileTaken(foreign, { fix: anotherFolder })

  const request: WaitingRequest = before ?? {
    schema: 'secure-endpoint/request@1',
    made: new Date(now).toISOString(),
    names,
    subject: [...wish.subject],
    keyType,
    uses: [...wish.uses],
  }
  await makeFolder(folder)
  // the pointer first: a key that nothing leads to would be lost
  await pointTo(stateFolder, folder)
  if (!before) await writeRequest(folder, request)
  const found = await readRequestKey(folder)
  if (found && keyTypeOf(found) !== keyType) throw fileTaken(paths.key, { fix: anotherFolder })
  const key = found ?? (await generateKey(keyType))
  if (!found) await writeFileAtomic(paths.key, keyPem(key))
  const csr = certificateRequest({ ...request, extendedKeyUsage: request.uses }, key)
  await writeFileAtomic(paths.request, csr, 0o644)
  return { request, key, csr, again: found !== undefined }
}

function isSame(before: WaitingRequest, wish: Omit<RequestWish, 'folder'>): boolean {
  const of = ({ names, subject, keyType, uses }: Omit<RequestWish, 'folder'>) =>
    canonicalJson({ names, subject, keyType, uses } as unknown as Json)
  return of(before) === of(wish)
}

function otherRequest(folder: string, { names, made }: WaitingRequest) {
  return problem(exitCodes.cannotWrite, {
    id: 'cert.request-taken',
    title: `Another request waits in ${folder}.`,
    subject: folder,
    evidence: `for ${names.slice(0, 5).join(', ')}, made ${made.slice(0, 10)}`,
    fix: anotherFolder,
  })
}
