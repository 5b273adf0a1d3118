import { readFile, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { CertificateAnswers } from '../answers/answers.ts'
import { type Finding, finding } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import { answeredRoots } from '../requests/asked-first.ts'
import { certificateFindings } from './findings.ts'
import { filesBelow } from './folder-files.ts'
import type { FolderLayout } from './folder-layout.ts'
import { mostBytes } from './read.ts'
import { expandSecret } from './secret-file.ts'
import type { UploadedFile } from './upload.ts'

type Uploaded = Extract<CertificateAnswers, { source: 'uploaded' }>

/** What the answers name, read from disk: what goes in, what may be trusted, and what could not be read. */
export interface UploadFiles {
  files: UploadedFile[]
  roots: UploadedFile[]
  findings: Finding[]
}

/** Reads the files of an upload. A path that cannot be read is a finding, never a throw. */
export async function readUploadFiles(answers: Uploaded, folder: string): Promise<UploadFiles> {
  const { chain, key, intermediates, roots } = answers
  const findings: Finding[] = []
  const read = async (path: string | undefined): Promise<UploadedFile[]> => {
    if (path === undefined) return []
    const found = await readPath(path, folder)
    if (found.finding) findings.push(found.finding)
    return found.files
  }
  const goesIn = [...(await read(chain)), ...(await read(key)), ...(await read(intermediates))]
  const trusted = roots ?? (await answeredRoots(chain, folder))
  return { files: goesIn, roots: await read(trusted), findings }
}

/** What a path leads to. */
export interface PathFiles {
  files: UploadedFile[]
  /** Of a folder that a known tool has made. */
  layout?: FolderLayout
  finding?: Finding
}

/**
 * Reads a file, or the files of a folder: what lies deeper only where a known tool puts it there. The
 * parts of a Kubernetes Secret are files of their own.
 */
export async function readPath(path: string, folder: string): Promise<PathFiles> {
  const absolute = isAbsolute(path) ? path : join(folder, path)
  try {
    const info = await stat(absolute)
    if (!info.isDirectory()) {
      const read = await readOne(path, absolute)
      return 'finding' in read ? { files: [], ...read } : { files: read }
    }
    const { names, layout } = await filesBelow(absolute)
    const all: UploadedFile[] = []
    for (const name of names) {
      const read = await readOne(join(path, name), join(absolute, name)).catch(() => [])
      if (!('finding' in read)) all.push(...read.map(each => ({ ...each, aside: true as const })))
    }
    return { files: all, ...(layout ? { layout } : {}) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const seen = { ENOENT: 'there is no such file', EACCES: 'this user may not read it' }[code]
    return { files: [], ...unreadable(path, seen ?? `it cannot be read (${code})`) }
  }
}

async function readOne(
  path: string,
  absolute: string,
): Promise<UploadedFile[] | { finding: Finding }> {
  const { size, mode, ...found } = await stat(absolute).then(info => ({
    size: info.size,
    mode: info.mode,
    isFile: info.isFile(),
  }))
  if (!found.isFile) return unreadable(path, 'it is a pipe or a device')
  // one byte more than is taken shows that it is too large, without reading all of it
  const bytes = size > mostBytes ? Buffer.alloc(mostBytes + 1) : await readFile(absolute)
  const file: UploadedFile = { path, bytes, mode: mode & 0o777 }
  return (await expandSecret(file)) ?? [file]
}

function unreadable(path: string, evidence: string): { finding: Finding } {
  const fix = 'Name a file that is there and that you may read.'
  const subject = oneLine(path)
  const occurrence = { title: `${subject} cannot be read.`, subject, evidence, fix }
  return { finding: finding(certificateFindings, 'cert.unreadable', occurrence) }
}
