import type { Answered } from '../answers/answers.ts'
import { passphraseIn, type Secrets } from '../answers/secret.ts'
import { findAuthority } from '../certificates/choose-authority.ts'
import { dayMs } from '../certificates/dates.ts'
import { gateUpload } from '../certificates/gate-upload.ts'
import type { Judgement, OfferedAt } from '../certificates/judgement.ts'
import { keyTypeProblem } from '../certificates/key-choice.ts'
import type { CertificateProfile } from '../certificates/profile.ts'
import { Problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { systemRoots } from '../net/roots.ts'
import type { GenerationMeta } from '../record/generation.ts'
import { stillWaits } from '../requests/asked-first.ts'
import type { World } from '../world.ts'

export interface GateInput {
  answered: Answered
  world: World
  secrets?: Secrets
  /** Told as each part is done, for a line on the screen. */
  onGate?: (judgement: Judgement) => void
  /** Told before a missing certificate is asked for. */
  onFetch?: (place: OfferedAt) => void
}

/**
 * Judges an upload, or the wish for a key, against what the target needs.
 *
 * @throws Problem with what blocks
 */
export async function gate(
  { answered, world, secrets = {}, onFetch, onGate }: GateInput,
  profile: CertificateProfile,
): Promise<Judgement | undefined> {
  const { certificate } = answered.answers
  if (certificate.source === 'managed') return undefined
  if (certificate.source !== 'uploaded') {
    const refused = keyTypeProblem(profile, certificate.keyType)
    if (refused) throw refused
    return undefined
  }
  const waits = await stillWaits(certificate, answered.folder)
  if (waits) throw waits
  const judgement = await gateUpload({
    upload: certificate,
    folder: answered.folder,
    profile,
    now: world.clock.now(),
    systemRoots: systemRoots(world.env),
    fetching: { offered: world.offered, ...(onFetch ? { onAsk: onFetch } : {}) },
    ...passphraseIn(secrets),
  })
  onGate?.(judgement)
  if (judgement.verdict === 'blocked') throw new Problem(exitCodes.data, judgement.findings)
  return judgement
}

/**
 * A local CA that stays locked is said before anything is changed, not in the middle of the run.
 *
 * @throws Problem where its passphrase is missing or wrong
 */
export async function mustOpenAuthority(
  { answered: { answers }, world, secrets = {} }: GateInput,
  profile: CertificateProfile,
  before: GenerationMeta | undefined,
): Promise<void> {
  const { certificate } = answers
  if (certificate.source !== 'self-signed' || certificate.authority !== 'local') return
  const names = [...profile.names, ...certificate.names]
  const now = world.clock.now()
  await findAuthority(world.stateFolder, names, now, now + certificate.days * dayMs, {
    ...passphraseIn(secrets),
    ...(before?.authority === undefined ? {} : { prefer: before.authority }),
  })
}
