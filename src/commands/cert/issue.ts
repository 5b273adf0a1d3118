import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkChoice } from '../../answers/checks.ts'
import type { Certificate } from '../../certificates/certificate.ts'
import { chooseAuthority, type Signing } from '../../certificates/choose-authority.ts'
import { issuedChain, issueLeaf, type Pair } from '../../certificates/issue.ts'
import { noteIssued } from '../../certificates/issued.ts'
import { keyPem } from '../../certificates/private-key.ts'
import { leafSummary } from '../../certificates/summary.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Line, span } from '../../front/words/line.ts'
import { quoteCommand } from '../../process/quote.ts'
import { makeFolder, writeFileAtomic } from '../../record/write.ts'
import { fileTaken } from '../../user-file.ts'
import { type Io, printErr, printJson, printOut } from '../io.ts'
import { type PassphraseOptions, passphraseOf, withPassphrase } from './passphrase.ts'
import { shownPath } from './shown-path.ts'
import { checkedValue, type WantedOptions, wantedLeaf } from './wanted.ts'

export interface IssueOptions extends WantedOptions, PassphraseOptions {
  authority?: string
  out?: string
  json?: boolean
  /** Make a key and a request for a CA of the user's own. */
  csr?: boolean
  subject?: string
  /** What that CA has answered. */
  answer?: string[]
  roots?: string
  /** List what waits for an answer. */
  waiting?: boolean
}

/**
 * Makes a certificate as `init` does: `chain.pem`, `key.pem` (0600) and `roots.pem`. With `--csr` a
 * key and a request for another CA are made, with `--answer` its answer is taken.
 */
export async function issue(names: string[], options: IssueOptions, io: Io): Promise<ExitCode> {
  if (options.waiting) return (await import('./waiting.ts')).waiting(options, io)
  if (options.answer) return (await import('./answer.ts')).answer(names, options, io)
  if (options.csr) return (await import('./csr.ts')).csr(names, options, io)
  const { world } = io
  const wanted = await wantedLeaf(names, options)
  const signedBy = checkedValue(checkChoice(signers)(options.authority ?? 'local'), '--authority')
  const folder = resolve(world.cwd, options.out ?? '.')
  const files = ['chain.pem', 'key.pem', 'roots.pem'].map(name => join(folder, name))
  const taken = files.find(existsSync)
  if (taken)
    throw fileTaken(taken, {
      why: 'A key that is in use must not be written over.',
      fix: 'Name another folder with --out FOLDER.',
    })
  const given = signedBy === 'none' ? undefined : await passphraseOf(options, io)
  const around = { now: world.clock.now(), random: world.random }
  const signing: Signing = { stateFolder: world.stateFolder, ...wanted, ...around }
  const chosen =
    signedBy === 'none'
      ? undefined
      : await withPassphrase(given, io, passphrase =>
          chooseAuthority({ ...signing, ...(passphrase === undefined ? {} : { passphrase }) }),
        )
  const authority = chosen?.authority
  const leaf = await issueLeaf({
    ...wanted,
    extendedKeyUsage: wanted.uses,
    ...around,
    ...(authority ? { authority } : {}),
  })
  if (authority) {
    const note = { now: around.now, whom: folder }
    await noteIssued(world.stateFolder, authority.name, leaf.certificate, note)
  }
  const sent = wanted.profile ? issuedChain(leaf, authority, wanted.profile) : [leaf.certificate]
  await writeFiles(files, leaf, sent, chosen?.roots ?? [leaf.certificate])
  if (options.lockCa && chosen && !chosen.made) printErr(io, [notLocked(chosen.authority.name)])
  if (wanted.keyType === 'ed25519' && !wanted.profile) printErr(io, [ed25519Note])
  say(files, leaf, authority && { name: authority.name, made: chosen.made }, options, io)
  return exitCodes.done
}

const signers = [
  { value: 'local', title: '' },
  { value: 'none', title: '' },
]

const ed25519Note: Line = [
  span('Browsers and BoringSSL refuse Ed25519; OpenSSL, Go, Java 15 and rustls take it.', 'warn'),
]

function notLocked(name: string): Line {
  const text = `--lock-ca is for a CA that is made; ${name} was there, and signed as it is.`
  return [span(text, 'warn')]
}

async function writeFiles(
  [chain = '', key = '', roots = '']: readonly string[],
  leaf: Pair,
  sent: readonly Certificate[],
  trusted: readonly Certificate[],
): Promise<void> {
  const pem = (all: readonly Certificate[]) => all.map(each => each.pem).join('')
  await makeFolder(join(key, '..'))
  await writeFileAtomic(key, keyPem(leaf.key))
  await writeFileAtomic(roots, pem(trusted), 0o644)
  await writeFileAtomic(chain, pem(sent), 0o644)
}

function say(
  [chain = '', key = '', roots = '']: readonly string[],
  { certificate }: Pair,
  authority: { name: string; made: boolean } | undefined,
  { json }: IssueOptions,
  io: Io,
): void {
  const leaf = leafSummary(certificate)
  if (json) {
    printJson(io, {
      schema: 'secure-endpoint/issued@1',
      chain,
      key,
      roots,
      leaf,
      ...(authority ? { authority: authority.name } : {}),
    })
    return
  }
  const row = (label: string, text: string): Line => [
    span(`  ${label.padEnd(7)}`, 'quiet'),
    span(text),
  ]
  const here = (path: string) => shownPath(path, io.world.cwd)
  printOut(io, [
    [io.glyphs.state('done'), span(` ${leaf.names.join(', ')}`, 'bold')],
    row('leaf', `${leaf.fingerprint.slice(0, 11)}, until ${leaf.notAfter.slice(0, 10)}`),
    ...(authority
      ? [row('by', `${authority.name}${authority.made ? ', a local CA made just now' : ''}`)]
      : []),
    row('chain', here(chain)),
    row('key', `${here(key)} (readable by you alone)`),
    row('roots', here(roots)),
    row('trust', quoteCommand(['secure-endpoint', 'cert', 'trust', here(roots)])),
  ])
}
