import { resolve } from 'node:path'
import { readSecret } from '../../answers/secret.ts'
import type { FolderLayout } from '../../certificates/folder-layout.ts'
import { readUpload } from '../../certificates/read.ts'
import type { Upload, UploadedFile } from '../../certificates/upload.ts'
import { readPath } from '../../certificates/upload-files.ts'
import type { Finding } from '../../findings.ts'
import type { Io } from '../io.ts'
import { passphraseFor } from './ask-passphrase.ts'

/** What files and folders that were named on the command line hold. */
export interface Named {
  upload: Upload
  /** What could not be read, as far as anybody would miss it. */
  findings: Finding[]
  folders: { path: string; layout: FolderLayout }[]
}

/**
 * Reads files and folders. The passphrase comes from the first line of a file, or is asked for at a
 * terminal, hidden, as long as one is missing or wrong; leaving it empty ends that.
 *
 * @throws Problem with exit 65 where the passphrase's file cannot be read
 */
export async function readNamed(
  paths: readonly string[],
  passphraseFile: string | undefined,
  io: Io,
): Promise<Named> {
  const { cwd } = io.world
  const found = await Promise.all(
    paths.map(async path => ({ path, ...(await readPath(path, cwd)) })),
  )
  const files = found.flatMap(each => each.files)
  const upload = await open(files, await fromFile(passphraseFile, io), io)
  return {
    upload,
    findings: [
      ...found.flatMap(({ finding }) => finding ?? []),
      ...upload.unread.filter(({ aside, hides }) => !aside || hides !== 'either').map(missed),
    ],
    folders: found.flatMap(({ path, layout }) => (layout ? [{ path, layout }] : [])),
  }
}

const missed = ({ finding }: Upload['unread'][number]) => finding

async function fromFile(file: string | undefined, { world }: Io): Promise<string | undefined> {
  if (file === undefined) return undefined
  return readSecret({ file: resolve(world.cwd, file) }, world.cwd)
}

async function open(
  files: readonly UploadedFile[],
  passphrase: string | undefined,
  io: Io,
): Promise<Upload> {
  const upload = readUpload(files, passphrase)
  const findings = upload.unread.map(missed)
  const typed = await passphraseFor(findings, passphrase !== undefined, io)
  return typed === undefined ? upload : open(files, typed, io)
}
