import { checkSan } from '../../answers/checks.ts'
import { type AuthorityEntry, readAuthorities } from '../../certificates/authority.ts'
import { makeAuthority } from '../../certificates/choose-authority.ts'
import { day } from '../../certificates/dates.ts'
import { keyTypeText } from '../../certificates/key-type.ts'
import { stateOfAuthority } from '../../certificates/rollover.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Line, span } from '../../front/words/line.ts'
import { type AuthorityUser, authorityUsers } from '../../trust/endpoint-trust.ts'
import { type Io, printJson, printOut } from '../io.ts'
import { type PassphraseOptions, passphraseOf } from './passphrase.ts'
import { nextLines, stateWords } from './rollover-words.ts'
import { checkedKeyType, checkedValue } from './wanted.ts'

/** Lists the local CAs of this machine: for whom, until when, and where a rollover stands. */
export async function caList({ json }: { json?: boolean }, io: Io): Promise<ExitCode> {
  const { stateFolder } = io.world
  const all = await readAuthorities(stateFolder)
  const users = await authorityUsers(stateFolder)
  if (json) {
    const authorities = all.map(each => asJson(each, all, users))
    printJson(io, { schema: 'secure-endpoint/authorities@1', authorities })
  } else if (all.length === 0) {
    printOut(io, [[span('No local CA is kept on this machine.')]])
  } else {
    printOut(
      io,
      all.flatMap(each => authorityLines(each, all, users, io)),
    )
  }
  return exitCodes.done
}

export interface CaMakeOptions extends PassphraseOptions {
  keyType?: string
  json?: boolean
}

/** Makes a CA that may vouch for some names and what is below them, before a leaf needs it. */
export async function caMake(names: string[], options: CaMakeOptions, io: Io): Promise<ExitCode> {
  const { world } = io
  const checked = names.map(name => String(checkedValue(checkSan(name), name)))
  const passphrase = await passphraseOf(options, io)
  const { name } = await makeAuthority({
    stateFolder: world.stateFolder,
    names: checked,
    keyType: checkedKeyType(options.keyType),
    days: 0,
    now: world.clock.now(),
    random: world.random,
    ...(passphrase === undefined ? {} : { passphrase }),
  })
  const all = await readAuthorities(world.stateFolder)
  const made = all.filter(each => each.name === name)
  if (options.json)
    printJson(io, {
      schema: 'secure-endpoint/authorities@1',
      authorities: made.map(each => asJson(each, all, [])),
    })
  else
    printOut(
      io,
      made.flatMap(each => authorityLines(each, all, [], io)),
    )
  return exitCodes.done
}

function asJson(
  entry: AuthorityEntry,
  all: readonly AuthorityEntry[],
  users: readonly AuthorityUser[],
) {
  const { name, certificate, made, names, locked, rollover } = entry
  return {
    name,
    state: stateOfAuthority(entry, all),
    names,
    made,
    notAfter: new Date(certificate.notAfter).toISOString(),
    fingerprint: certificate.fingerprint,
    keyType: certificate.keyType,
    locked,
    ...(rollover ? { rollover } : {}),
    endpoints: users.filter(({ authority }) => authority === name).map(each => each.endpoint),
  }
}

function authorityLines(
  entry: AuthorityEntry,
  all: readonly AuthorityEntry[],
  users: readonly AuthorityUser[],
  { glyphs }: Io,
): Line[] {
  const { name, certificate, names, locked } = entry
  const state = stateOfAuthority(entry, all)
  const row = (label: string, text: string): Line => [
    span(`  ${label.padEnd(9)}`, 'quiet'),
    span(text),
  ]
  const used = users.filter(({ authority }) => authority === name)
  const lock = locked ? ', locked by a passphrase' : ''
  return [
    [glyphs.state(state === 'ended' ? 'skipped' : 'done'), span(` ${name}`, 'bold')],
    row('state', stateWords[state]),
    row('for', `${names.join(', ')} and what is below`),
    row('key', `${keyTypeText(certificate.keyType)}, until ${day(certificate.notAfter)}${lock}`),
    ...(used.length > 0
      ? [
          row(
            'signed',
            used.map(each => `${each.endpoint} ${each.leaf.fingerprint.slice(0, 11)}`).join(', '),
          ),
        ]
      : []),
    ...nextLines(
      entry,
      used.map(each => each.endpoint),
    ).map(([label, text]) => row(label, text)),
  ]
}
