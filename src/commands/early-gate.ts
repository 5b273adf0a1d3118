import { assemble, type CertificateAnswers } from '../answers/answers.ts'
import { goTo, type Interview } from '../answers/interview.ts'
import type { Question } from '../answers/question.ts'
import { passphraseIn, type Secrets } from '../answers/secret.ts'
import { gateUpload } from '../certificates/gate-upload.ts'
import type { Judgement } from '../certificates/judgement.ts'
import type { RepairKind } from '../certificates/repair-kinds.ts'
import type { Problem } from '../errors.ts'
import type { Finding } from '../findings.ts'
import type { Front } from '../front/front.ts'
import { span } from '../front/words/line.ts'
import { systemRoots } from '../net/roots.ts'
import { folderToAskIn, stillWaits } from '../requests/asked-first.ts'
import { requestPaths } from '../requests/request-folder.ts'
import { anyServer } from './cert/any-server.ts'
import { shownPath } from './cert/shown-path.ts'
import type { Io } from './io.ts'

interface Looking {
  questions: readonly Question[]
  folder: string
  io: Io
  secrets: Secrets
  /** Whether this is a rehearsal, which asks no authority for a certificate. */
  rehearses?: boolean
}

/** What came of it: the answers as they are now, and whether something is to be asked again. */
export type Early = { next: 'on' | 'ask'; interview: Interview } | 'leave'

/**
 * Judges an upload by its files alone, and asks for what is missing: a passphrase, another file,
 * agreement to a repair. `on` also where only the target can tell more; `leave` ends the command.
 */
export async function gateEarly(
  front: Front,
  interview: Interview,
  { questions, folder, io, secrets, rehearses = false }: Looking,
): Promise<Early> {
  for (;;) {
    const { answers } = assemble(interview.draft, questions, folder)
    const certificate = answers.certificate as CertificateAnswers
    if (certificate.source !== 'uploaded') return { next: 'on', interview }
    await askFirst(front, certificate, answers.domain, folder, io)
    // the interview goes on, so that nothing is asked again when the answer is here
    if (await stillWaits(certificate, folder)) return { next: 'on', interview }
    const judgement = await gateUpload({
      upload: certificate,
      folder,
      // the target is not known yet: it decides what goes in later
      profile: { ...anyServer, names: [answers.domain] },
      now: io.world.clock.now(),
      systemRoots: systemRoots(io.world.env),
      fetching: {
        offered: (url, options) => io.world.offered(url, { ...options, onlyKnown: rehearses }),
      },
      ...passphraseIn(secrets),
    })
    if (judgement.verdict !== 'blocked') return { next: 'on', interview }
    if (await askPassphrase(front, judgement.findings, secrets)) continue
    const agreed =
      (await askUnlock(front, judgement.findings, interview, certificate.repair)) ??
      (rehearses ? undefined : await askFetch(front, judgement, interview, certificate.repair))
    if (agreed) {
      interview = agreed
      continue
    }
    const choice = await front.gate(judgement, io.world.clock.now())
    if (choice === 'leave') return 'leave'
    if (choice === 'change-domain') return { next: 'ask', interview: goTo(interview, 'domain') }
    if (choice.startsWith('take:')) {
      const value = choice.slice('take:'.length)
      interview = { draft: { ...interview.draft, 'certificate.key': { value, from: 'found' } } }
      continue
    }
    return { next: 'ask', interview: goTo(interview, 'certificate.chain') }
  }
}

/** Makes the key and the request where somebody chose to ask a CA first. */
async function askFirst(
  front: Front,
  upload: Extract<CertificateAnswers, { source: 'uploaded' }>,
  domain: string,
  folder: string,
  { world, glyphs }: Io,
): Promise<void> {
  const place = folderToAskIn(upload, folder)
  if (place === undefined) return
  const { makeRequest } = await import('../requests/make-request.ts')
  const wish = { folder: place, names: [domain], subject: [], uses: ['serverAuth' as const] }
  await makeRequest(
    { ...wish, keyType: 'ecdsa-p256' },
    { stateFolder: world.stateFolder, now: world.clock.now() },
  )
  const { request } = requestPaths(shownPath(place, world.cwd))
  front.print([
    [glyphs.state('done'), span(` The request for your CA is made: ${request}`, 'bold')],
    [span('  Send it this file. Its key waits beside it, readable by you alone.')],
  ])
}

/** Asks for the passphrase where that is what is missing. true when one was given. */
async function askPassphrase(
  front: Front,
  findings: readonly Finding[],
  secrets: Secrets,
): Promise<boolean> {
  const found = (...ids: string[]) => findings.find(({ id }) => ids.includes(id))
  const locked = found('cert.key-encrypted', 'cert.authority-locked')
  const wrong = found('cert.passphrase-wrong', 'cert.authority-passphrase')
  const file = (wrong ?? locked)?.subject
  if (file === undefined) return false
  const words = wrong && 'This passphrase does not open it. The file is whole; type it again.'
  const given = await front.passphrase(file, words)
  if (given === undefined) return false
  secrets.passphrase = given
  return true
}

/**
 * Asks whether a locked key may go in open, where nothing else is wrong. The agreement becomes an
 * answer, so that the saved file says it, too.
 */
async function askUnlock(
  front: Front,
  findings: readonly Finding[],
  interview: Interview,
  repair: readonly string[] = [],
): Promise<Interview | undefined> {
  const [blocks, more] = findings.filter(({ severity }) => severity === 'blocks')
  if (blocks?.id !== 'cert.key-unlock' || more) return undefined
  const choice = await front.choose(
    `${blocks.subject} opens with its passphrase. Shall a copy without it go in?`,
    [
      { value: 'unlock', title: 'Keep a copy without passphrase', note: 'readable by you alone' },
      { value: 'other', title: 'Choose another key' },
    ],
  )
  return choice === 'unlock' ? agree(interview, repair, 'unlock') : undefined
}

/**
 * Asks whether a missing certificate may be fetched from its authority, where nothing else is wrong, and
 * once more where that has an address of a private network. The agreement becomes an answer; where it
 * leads to nothing, it is not asked for again.
 */
async function askFetch(
  front: Front,
  { findings, offeredAt }: Judgement,
  interview: Interview,
  repair: readonly string[] = [],
): Promise<Interview | undefined> {
  const [blocks, more] = findings.filter(({ severity }) => severity === 'blocks')
  if (blocks?.id !== 'cert.intermediate-missing' || more || offeredAt === undefined)
    return undefined
  const { host, url } = offeredAt
  const question = offeredAt.private
    ? `${host} has an address of a private network. Is it the authority of your own?`
    : `${blocks.title} Shall it be fetched from its authority, ${host}?`
  const note = 'its signature is checked'
  const choice = await front.choose(question, [
    { value: 'fetch', title: `Fetch it from ${url}`, note },
    { value: 'other', title: 'Choose another file' },
  ])
  if (choice !== 'fetch') return undefined
  return agree(interview, repair, offeredAt.private ? 'private-network' : 'intermediate')
}

function agree(interview: Interview, repair: readonly string[], kind: RepairKind): Interview {
  const value = [...repair, kind]
  return { draft: { ...interview.draft, 'certificate.repair': { value, from: 'answer' } } }
}

/** The same after the gate with the target's profile has blocked. */
export function passphraseFor(
  front: Front,
  { findings }: Problem,
  secrets: Secrets,
): Promise<boolean> {
  return askPassphrase(front, findings, secrets)
}
