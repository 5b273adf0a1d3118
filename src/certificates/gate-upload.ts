import { isAbsolute, join } from 'node:path'
import type { CertificateAnswers } from '../answers/answers.ts'
import { judge } from './gate.ts'
import { type Judgement, type Nearby, sorted } from './judgement.ts'
import type { CertificateProfile } from './profile.ts'
import { readUpload } from './read.ts'
import { recogniseFolder } from './recognise.ts'
import { readUploadFiles } from './upload-files.ts'

export interface GateInput {
  upload: Extract<CertificateAnswers, { source: 'uploaded' }>
  /** What the upload's relative paths hang on. */
  folder: string
  profile: CertificateProfile
  now: number
  systemRoots: readonly string[]
  passphrase?: string
}

/** Holds the uploaded files against a target's profile. Reads files, calls no tool. */
export async function gateUpload(input: GateInput): Promise<Judgement> {
  const { upload, folder, profile, now, systemRoots, passphrase } = input
  const read = await readUploadFiles(upload, folder)
  const given = readUpload(read.roots)
  const unread = [...read.findings, ...given.unread.map(({ finding }) => finding)]
  if (unread.length > 0) {
    return { verdict: 'blocked', findings: sorted(unread), repairs: [], diff: [], chain: [] }
  }
  const roots = given.certificates.map(({ certificate }) => certificate)
  return judge({
    ...readUpload(read.files, passphrase),
    profile,
    now,
    roots,
    systemRoots,
    ...(upload.repair ? { agreed: upload.repair } : {}),
    nearby: await filesBeside(upload.chain, folder, now),
  })
}

/** What lies beside the certificate, for the advice which file to take instead. */
async function filesBeside(chain: string, folder: string, now: number): Promise<Nearby[]> {
  const path = isAbsolute(chain) ? chain : join(folder, chain)
  const beside = join(path, '..')
  const found = await recogniseFolder(beside, now).catch(() => [])
  return found.map(each => ({ ...each, path: join(chain, '..', each.name) }))
}
