import { assemble, type CertificateAnswers } from '../answers/answers.ts'
import { goTo, type Interview } from '../answers/interview.ts'
import type { Question } from '../answers/question.ts'
import { passphraseIn, type Secrets } from '../answers/secret.ts'
import { gateUpload } from '../certificates/gate-upload.ts'
import type { CertificateProfile } from '../certificates/profile.ts'
import type { Problem } from '../errors.ts'
import type { Front } from '../front/front.ts'
import { systemRoots } from '../net/roots.ts'
import type { Io } from './io.ts'

interface Early {
  questions: readonly Question[]
  folder: string
  io: Io
  secrets: Secrets
}

/** What any server needs, while the target is not known yet: it decides what goes in later. */
function anyServer(domain: string): CertificateProfile {
  return {
    target: 'any server',
    names: [domain],
    root: 'left-out',
    extendedKeyUsage: ['serverAuth'],
    encryptedKey: 'accepted',
    keys: ['rsa', 'rsa-pss', 'ecdsa-p256', 'ecdsa-p384', 'ecdsa-p521', 'ed25519'],
    staples: false,
  }
}

/**
 * Judges an upload by its files alone. `good` goes on (also where only the target can tell more),
 * an interview goes back to a question, `leave` ends the command.
 */
export async function gateEarly(
  front: Front,
  interview: Interview,
  { questions, folder, io, secrets }: Early,
): Promise<'good' | 'leave' | Interview> {
  for (;;) {
    const { answers } = assemble(interview.draft, questions, folder)
    const certificate = answers.certificate as CertificateAnswers
    if (certificate.source !== 'uploaded') return 'good'
    const judgement = await gateUpload({
      upload: certificate,
      folder,
      profile: anyServer(answers.domain),
      now: io.world.clock.now(),
      systemRoots: systemRoots(io.world.env),
      ...passphraseIn(secrets),
    })
    if (judgement.verdict !== 'blocked') return 'good'
    const ids = judgement.findings.map(({ id }) => id)
    if (await askPassphrase(front, ids, certificate.key ?? certificate.chain, secrets)) continue
    const choice = await front.gate(judgement, io.world.clock.now())
    if (choice === 'leave') return 'leave'
    if (choice === 'change-domain') return goTo(interview, 'domain')
    if (choice.startsWith('take:')) {
      const value = choice.slice('take:'.length)
      interview = { draft: { ...interview.draft, 'certificate.key': { value, from: 'found' } } }
      continue
    }
    return goTo(interview, 'certificate.chain')
  }
}

/** Asks for the passphrase where that is what is missing. true when one was given. */
async function askPassphrase(
  front: Front,
  ids: readonly string[],
  file: string,
  secrets: Secrets,
): Promise<boolean> {
  const locked = ids.includes('cert.key-encrypted')
  const wrong = ids.includes('cert.passphrase-wrong')
  if (!locked && !wrong) return false
  const words = wrong
    ? 'This passphrase does not open it. The file is whole; type it again.'
    : undefined
  const given = await front.passphrase(file, words)
  if (given === undefined) return false
  secrets.passphrase = given
  return true
}

/** The same after the gate with the target's profile has blocked. */
export function passphraseFor(
  front: Front,
  { findings }: Problem,
  secrets: Secrets,
): Promise<boolean> {
  return askPassphrase(
    front,
    findings.map(({ id }) => id),
    findings[0]?.subject ?? 'the key',
    secrets,
  )
}
