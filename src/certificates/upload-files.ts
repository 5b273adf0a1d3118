import { readdir, readFile, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { CertificateAnswers } from '../answers/answers.ts'
import { type Finding, finding } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import { certificateFindings } from './findings.ts'
import { mostBytes } from './read.ts'
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
    const files = await readPath(path, folder)
    if ('finding' in files) findings.push(files.finding)
    return 'files' in files ? files.files : []
  }
  const goesIn = [...(await read(chain)), ...(await read(key)), ...(await read(intermediates))]
  return { files: goesIn, roots: await read(roots), findings }
}

/** Reads one file, or the files of a folder; not what lies deeper. */
export async function readPath(
  path: string,
  folder: string,
  inFolder = false,
): Promise<{ files: UploadedFile[] } | { finding: Finding }> {
  const absolute = isAbsolute(path) ? path : join(folder, path)
  try {
    const found = await stat(absolute)
    const { size, mode } = found
    if (!found.isFile() && !found.isDirectory()) return unreadable(path, 'it is a pipe or a device')
    if (found.isDirectory()) {
      if (inFolder) return { files: [] }
      const names = (await readdir(absolute)).sort().slice(0, 200)
      const all = await Promise.all(names.map(name => readPath(join(path, name), folder, true)))
      return { files: all.flatMap(each => ('files' in each ? each.files : [])) }
    }
    // one byte more than is taken shows that it is too large, without reading all of it
    const bytes = size > mostBytes ? Buffer.alloc(mostBytes + 1) : await readFile(absolute)
    return { files: [{ path, bytes, mode: mode & 0o777 }] }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const seen = { ENOENT: 'there is no such file', EACCES: 'this user may not read it' }[code]
    return unreadable(path, seen ?? `it cannot be read (${code})`)
  }
}

function unreadable(path: string, evidence: string): { finding: Finding } {
  const fix = 'Name a file that is there and that you may read.'
  const occurrence = { subject: oneLine(path), evidence, fix }
  return { finding: finding(certificateFindings, 'cert.unreadable', occurrence) }
}
