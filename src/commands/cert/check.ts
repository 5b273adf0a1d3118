import { resolve } from 'node:path'
import { checkDomain } from '../../answers/checks.ts'
import { readSecret } from '../../answers/secret.ts'
import { type GateInput, gateUpload } from '../../certificates/gate-upload.ts'
import type { Judgement } from '../../certificates/judgement.ts'
import type { CertificateProfile } from '../../certificates/profile.ts'
import { usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { gateLines } from '../../front/words/gate.ts'
import { systemRoots } from '../../net/roots.ts'
import { targets } from '../../targets/index.ts'
import { type Io, printJson, printOut } from '../io.ts'
import { anyServer } from './any-server.ts'
import { passphraseFor } from './ask-passphrase.ts'

export interface CheckOptions {
  chain?: string
  key?: string
  passphraseFile?: string
  intermediates?: string
  roots?: string
  domain?: string
  target?: string
  at?: string
  json?: boolean
}

/** What the gate says of a certificate and its key, on its own: exit 0 usable, 65 blocked. */
export async function check(files: string[], options: CheckOptions, io: Io): Promise<ExitCode> {
  const { world } = io
  const [first = options.chain, second = options.key, ...more] = files
  if (first === undefined)
    throw usage('No file is named.', 'Type: secure-endpoint cert check CHAIN KEY --domain NAME')
  if (more.length > 0)
    throw usage(
      'At most two files are taken.',
      'Name chain and key; more with --intermediates and --roots.',
    )
  const now = options.at === undefined ? world.clock.now() : Date.parse(options.at)
  if (Number.isNaN(now))
    throw usage(`--at ${options.at} is no time.`, 'Write for example 2027-01-31T12:00:00Z.')
  const input: GateInput = {
    upload: {
      source: 'uploaded',
      chain: first,
      ...(second === undefined ? {} : { key: second }),
      ...(options.intermediates === undefined ? {} : { intermediates: options.intermediates }),
      ...(options.roots === undefined ? {} : { roots: options.roots }),
      // a check keeps nothing: that the passphrase is handed over is agreement enough
      repair: ['unlock'],
    },
    folder: world.cwd,
    profile: profileFor(options),
    now,
    systemRoots: systemRoots(world.env),
    ...(options.passphraseFile === undefined
      ? {}
      : {
          passphrase: await readSecret(
            { file: resolve(world.cwd, options.passphraseFile) },
            world.cwd,
          ),
        }),
  }
  const judgement = await askedWhileLocked(input, io)
  const { verdict, findings, repairs } = judgement
  if (options.json) printJson(io, { schema: 'secure-endpoint/check@1', verdict, findings, repairs })
  else printOut(io, gateLines(judgement, { now, glyphs: io.glyphs }))
  return verdict === 'blocked' ? exitCodes.data : exitCodes.done
}

/** At a terminal a passphrase that is missing or wrong is asked for, hidden. */
async function askedWhileLocked(input: GateInput, io: Io): Promise<Judgement> {
  const judgement = await gateUpload(input)
  const passphrase = await passphraseFor(judgement.findings, input.passphrase !== undefined, io)
  return passphrase === undefined ? judgement : askedWhileLocked({ ...input, passphrase }, io)
}

function profileFor({ domain, target }: CheckOptions): CertificateProfile {
  const name = domain === undefined ? undefined : checkDomain(domain)
  if (name && 'wrong' in name) throw usage(`--domain: ${name.wrong}`, name.fix)
  const names = name ? [String(name.value)] : []
  if (target === undefined) return { ...anyServer, names }
  const found = targets.find(({ kind }) => kind === target)
  if (!found)
    throw usage(
      `--target: ${target} is no target.`,
      `Name one of ${targets.map(({ kind }) => kind).join(', ')}.`,
    )
  return { ...found.profile({ domain: names[0] ?? '' } as never), names }
}
