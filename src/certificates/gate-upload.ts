import { stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { CertificateAnswers } from '../answers/answers.ts'
import { type Fetching, judgeFetched, offeredAt } from './complete-chain.ts'
import { judge } from './gate.ts'
import { type JudgeInput, type Judgement, type Spare, sorted } from './judgement.ts'
import type { CertificateProfile } from './profile.ts'
import { publicSuffixesFor } from './public-suffix.ts'
import { readUpload } from './read.ts'
import { recogniseFolder } from './recognise.ts'
import { readPath, readUploadFiles } from './upload-files.ts'

export interface GateInput {
  upload: Extract<CertificateAnswers, { source: 'uploaded' }>
  /** What the upload's relative paths hang on. */
  folder: string
  profile: CertificateProfile
  now: number
  systemRoots: readonly string[]
  passphrase?: string
  /** How a missing certificate is fetched, where the answers agree to it. */
  fetching: Pick<Fetching, 'offered' | 'onAsk'>
}

/**
 * Holds the uploaded files against a target's profile. Reads files, calls no tool; asks an authority for
 * a missing certificate only where the answers agree to that repair.
 */
export async function gateUpload(input: GateInput): Promise<Judgement> {
  const { upload, folder, profile, now, systemRoots, passphrase, fetching } = input
  const read = await readUploadFiles(upload, folder)
  const trusted = readUpload(read.roots)
  const unread = [...read.findings, ...trusted.unread.map(({ finding }) => finding)]
  if (unread.length > 0) {
    return { verdict: 'blocked', findings: sorted(unread), repairs: [], diff: [], chain: [] }
  }
  const roots = trusted.certificates.map(({ certificate }) => certificate)
  const handedIn = readUpload(read.files, passphrase)
  const given = {
    ...{ ...handedIn, profile, now, roots, systemRoots },
    ...(await publicSuffixesFor(handedIn.certificates)),
    ...(upload.repair ? { agreed: upload.repair } : {}),
  }
  const beside = await judgeBeside(given, upload.chain, folder)
  if (upload.repair?.includes('intermediate')) {
    const mayBePrivate = upload.repair.includes('private-network')
    return judgeFetched(beside, given, { ...fetching, mayBePrivate })
  }
  const place = offeredAt(beside, given)
  return place === undefined ? beside : { ...beside, offeredAt: place }
}

/**
 * Judges, and where a key does not fit or a certificate is missing looks at what lies beside the chain:
 * for the advice which file to take, and for the certificate itself.
 *
 * @param chain the path that the chain was named by; it hangs on `folder`
 */
export async function judgeBeside(
  input: JudgeInput,
  chain: string,
  folder: string,
): Promise<Judgement> {
  const first = judge(input)
  const ids = first.findings.flatMap(({ id, severity }) => (severity === 'blocks' ? id : []))
  const wantsKey = ids.includes('cert.key-missing') || ids.includes('cert.key-mismatch')
  const wantsCa = ids.includes('cert.intermediate-missing')
  if (!wantsKey && !wantsCa) return first
  const path = isAbsolute(chain) ? chain : join(folder, chain)
  const info = await stat(path).catch(() => undefined)
  const isFolder = info?.isDirectory() === true
  const beside = isFolder ? path : join(path, '..')
  const shown = isFolder ? chain : join(chain, '..')
  const found = await recogniseFolder(beside, input.now).catch(() => [])
  const nearby = found.map(each => ({ ...each, path: join(shown, each.name) }))
  const spare = wantsCa ? await casIn(shown, folder) : []
  return judge({ ...input, nearby, spare: [...(input.spare ?? []), ...spare] })
}

/** The CA certificates in the files of a folder; a private root is nothing to take from there. */
async function casIn(path: string, folder: string): Promise<Spare[]> {
  const { files } = await readPath(path, folder)
  return readUpload(files)
    .certificates.filter(({ certificate }) => certificate.isCa && !certificate.selfSigned)
    .map(({ certificate, file }) => ({ certificate, from: file }))
}
