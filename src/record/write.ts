import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Problem, problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'

/**
 * Writes a file so that a reader sees the old content or the new, never a part: a new file beside it
 * with its final mode from the first byte, fsync, rename, fsync of the folder.
 *
 * @throws Problem with exit 73 when the disk is full, read-only or not ours
 */
export async function writeFileAtomic(
  path: string,
  content: string | Buffer,
  mode = 0o600,
  owner?: { uid: number; gid: number },
): Promise<void> {
  const beside = join(dirname(path), `.${randomBytes(6).toString('hex')}.new`)
  try {
    const handle = await open(
      beside,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
      mode,
    )
    try {
      if (owner) await handle.chown(owner.uid, owner.gid)
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {})
    throw cannotWrite(path, error)
  }
}

/** Makes a folder and its parents, readable by the user alone. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw cannotWrite(path, codeOf(error) === 'ENOENT' ? await firstRefusal(path, error) : error)
  }
}

/** Node says ENOENT of a read-only file system: making the first missing folder alone says why. */
async function firstRefusal(path: string, error: unknown): Promise<unknown> {
  const parent = dirname(path)
  if (parent !== path && !existsSync(parent)) return firstRefusal(parent, error)
  return mkdir(path, { mode: 0o700 }).then(
    () => error,
    refusal => refusal,
  )
}

/** Makes renames and new names in a folder last through a power cut. */
export async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    await handle.sync()
  } catch (error) {
    // Windows and some network file systems cannot sync a folder
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES'].includes(codeOf(error))) throw error
  } finally {
    await handle?.close()
  }
}

/** Proves that a folder takes a file of some kilobytes, before anything depends on it. */
export async function provesWritable(folder: string): Promise<void> {
  await makeFolder(folder)
  const path = join(folder, `.${randomBytes(6).toString('hex')}.probe`)
  try {
    await writeFileAtomic(path, Buffer.alloc(256 * 1024))
  } catch (error) {
    throw error instanceof Problem ? cannotWrite(folder, error.cause) : error
  }
  await rm(path, { force: true })
}

const reasons: Record<string, string> = {
  ENOSPC: 'The disk is full.',
  EDQUOT: 'The disk quota is used up.',
  EROFS: 'The file system is read-only.',
  EACCES: 'The user may not write there.',
  EPERM: 'The user may not write there.',
  ENOTDIR: 'A part of the path is a file, not a folder.',
  EEXIST: 'A part of the path is a file, not a folder.',
}

/** The problem behind a failed write; anything that the user cannot cause is passed on as it is. */
export function cannotWrite(path: string, error: unknown): Problem | unknown {
  const reason = reasons[codeOf(error)]
  if (!reason) return error
  return problem(
    exitCodes.cannotWrite,
    {
      id: 'record.cannot-write',
      title: `${path} cannot be written. ${reason}`,
      subject: path,
      evidence: codeOf(error),
      why: 'Without its record a run could not be taken up again or undone.',
      fix: 'Free some space or name another folder: XDG_STATE_HOME=FOLDER secure-endpoint …',
    },
    { cause: error },
  )
}

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? ''
}
