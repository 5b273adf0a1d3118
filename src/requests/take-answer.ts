import { isAmong } from '../certificates/anchors.ts'
import type { Certificate } from '../certificates/certificate.ts'
import { judge } from '../certificates/gate.ts'
import type { Judgement } from '../certificates/judgement.ts'
import type { CertificateProfile } from '../certificates/profile.ts'
import { readUpload } from '../certificates/read.ts'
import type { UploadedFile } from '../certificates/upload.ts'
import { Problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Finding } from '../findings.ts'
import { writeFileAtomic } from '../record/write.ts'
import { matchAnswer } from './match-answer.ts'
import { forgetPointer, type Waiting } from './pointers.ts'
import { requestPaths, type WaitingRequest, writeRequest } from './request-folder.ts'

export interface AnswerInput {
  /** What the CA sent: leaf, intermediates, perhaps its root, in any files. */
  files: readonly UploadedFile[]
  /** What clients trust, where it is a private root. */
  roots: readonly UploadedFile[]
  waiting: readonly Waiting[]
  /** What the leaf must be like, without names: those of the request are put in. */
  profile: Omit<CertificateProfile, 'names' | 'extendedKeyUsage'>
  systemRoots: readonly string[]
  stateFolder: string
  now: number
}

export interface TakenAnswer {
  folder: string
  request: WaitingRequest
  judgement: Judgement
  leaf: Certificate
  /** Whether `roots.pem` was written: the root is a private one. */
  privateRoot: boolean
}

/**
 * Takes a CA's answer: finds its request by the key, holds it against what was asked for, and writes
 * the chain as a server sends it beside the key. The same answer again gives the same files.
 *
 * @throws Problem with exit 65 when it is for another key or the gate blocks it; nothing is written then
 */
export async function takeAnswer(input: AnswerInput): Promise<TakenAnswer> {
  const { now, systemRoots, stateFolder } = input
  const upload = readUpload(input.files)
  const given = readUpload(input.roots)
  const unread = [...upload.unread, ...given.unread].map(({ finding }) => finding)
  if (upload.certificates.length === 0 && unread.length > 0)
    throw new Problem(exitCodes.data, unread)
  const { waiting, key } = await matchAnswer(upload, input.waiting)
  const { folder, request } = waiting
  const judgement = judge({
    ...upload,
    keys: [key],
    profile: { ...input.profile, names: request.names, extendedKeyUsage: request.uses },
    now,
    // a root that the CA sent along is what its clients trust
    roots: [...given.certificates, ...upload.certificates]
      .map(({ certificate }) => certificate)
      .filter(each => each.selfSigned && each.isCa),
    systemRoots,
  })
  const [leaf] = judgement.chain
  if (judgement.verdict === 'blocked' || !leaf)
    throw new Problem(exitCodes.data, judgement.findings.map(inWordsOfAnswers))
  const paths = requestPaths(folder)
  const root = judgement.root
  const privateRoot = root !== undefined && !isAmong(root, systemRoots)
  if (privateRoot) await writeFileAtomic(paths.roots, root.pem, 0o644)
  await writeFileAtomic(paths.chain, judgement.chain.map(({ pem }) => pem).join(''), 0o644)
  const answered = { time: new Date(now).toISOString(), fingerprint: leaf.fingerprint }
  await writeRequest(folder, { ...request, answered })
  await forgetPointer(stateFolder, folder)
  const findings = judgement.findings.map(inWordsOfAnswers)
  return { folder, request, judgement: { ...judgement, findings }, leaf, privateRoot }
}

/** The gate speaks of an answers file; here files are named on the command line. */
function inWordsOfAnswers(found: Finding): Finding {
  const fix = {
    'cert.intermediate-missing':
      'Name all files that the CA has sent: --answer FILE FILE…; its root with --roots FILE.',
    'cert.root-private': 'Give the clients its certificate: secure-endpoint cert trust roots.pem',
    'cert.name-missing': 'Ask the CA for all names of request.csr; it left one out.',
  }[found.id]
  return fix ? { ...found, fix } : found
}
