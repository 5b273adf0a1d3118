import type { AuthorityEntry } from '../../certificates/authority.ts'
import { type KeyType, keyTypes } from '../../certificates/profile.ts'
import { type Rollover, stateOfAuthority } from '../../certificates/rollover.ts'
import { problem, usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import {
  authorityNamed,
  beginRollover,
  endRollover,
  letNewSign,
  stillInUse,
  takeRolloverBack,
} from '../../trust/rollover-steps.ts'
import type { Io } from '../io.ts'
import { caList } from './ca.ts'
import { type PassphraseOptions, passphraseOf, withPassphrase } from './passphrase.ts'
import { checkedKeyType } from './wanted.ts'

export interface CaRollOptions extends PassphraseOptions {
  keyType?: string
  /** Let the new CA sign. */
  sign?: boolean
  /** Stop trusting the old one. */
  end?: boolean
  /** One stage back. */
  back?: boolean
  yes?: boolean
  json?: boolean
}

/**
 * The way from one local CA to the next, so that no client is left behind: both are trusted before the
 * new one signs, and until the last leaf of the old one is gone.
 */
export async function caRoll(name: string, options: CaRollOptions, io: Io): Promise<ExitCode> {
  const { stateFolder, clock, random } = io.world
  if ([options.sign, options.end, options.back].filter(Boolean).length > 1) {
    throw usage('--sign, --end and --back are three steps.', 'Name one of them.')
  }
  const { entry, all } = await authorityNamed(stateFolder, name)
  const old =
    all.find(({ rollover }) => rollover?.to === entry.name && rollover.stage !== 'ended') ?? entry
  const now = clock.now()
  if (options.sign) await letNewSign(stateFolder, atStage(old, all, ['both', 'new-signs']), now)
  else if (options.back) {
    await takeRolloverBack(stateFolder, atStage(old, all, ['both', 'new-signs']), now)
  } else if (options.end) {
    const rolling = atStage(old, all, ['new-signs', 'ended'])
    await mustBeGone(old.name, options, io)
    await endRollover(stateFolder, rolling, now)
  } else if (!isUnderWay(old, all)) {
    const given = await passphraseOf(options, io)
    await withPassphrase(given, io, passphrase =>
      beginRollover(stateFolder, old, keyTypeOf(old, options.keyType), {
        now,
        random,
        ...(passphrase === undefined ? {} : { passphrase }),
      }),
    )
  }
  return caList({ json: options.json === true }, io)
}

function isUnderWay({ rollover, name }: AuthorityEntry, all: readonly AuthorityEntry[]): boolean {
  if (rollover?.stage === 'ended') throw wrongStage(name, 'its rollover is over', 'list')
  return rollover !== undefined && all.some(each => each.name === rollover.to)
}

function keyTypeOf({ certificate }: AuthorityEntry, given: string | undefined): KeyType {
  const same = keyTypes.find(each => each === certificate.keyType)
  return checkedKeyType(given ?? same)
}

function atStage(
  entry: AuthorityEntry,
  all: readonly AuthorityEntry[],
  stages: readonly Rollover['stage'][],
): AuthorityEntry & { rollover: Rollover } {
  const { rollover, name } = entry
  const next = all.some(each => each.name === rollover?.to)
  if (rollover && next && stages.includes(rollover.stage)) return { ...entry, rollover }
  const seen = rollover
    ? `it is at "${rollover.stage}"`
    : `it ${stateOfAuthority(entry, all)}, and no rollover has begun`
  throw wrongStage(name, seen, rollover ? 'list' : `roll ${name}`)
}

function wrongStage(name: string, evidence: string, next: string) {
  return problem(exitCodes.later, {
    id: 'cert.rollover-order',
    title: 'The rollover is not at the stage that this step needs.',
    subject: name,
    evidence,
    fix: `secure-endpoint cert ca ${next}`,
  })
}

/** Leaves that were handed out as files are not seen from here: somebody must say that they are gone. */
async function mustBeGone(name: string, { yes }: CaRollOptions, io: Io): Promise<void> {
  const { folders } = await stillInUse(io.world.stateFolder, name, io.world.clock.now())
  if (folders.length === 0 || yes) return
  throw problem(exitCodes.later, {
    id: 'cert.rollover-in-use',
    title: 'Leaves of the old CA in files have not expired.',
    subject: name,
    evidence: folders.slice(0, 10).join('\n'),
    fix: `Replace them, then say so: secure-endpoint cert ca roll ${name} --end --yes`,
  })
}
