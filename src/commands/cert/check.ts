import { judgeFetched } from '../../certificates/complete-chain.ts'
import { judge } from '../../certificates/gate.ts'
import { judgeBeside } from '../../certificates/gate-upload.ts'
import { type JudgeInput, type Judgement, sorted } from '../../certificates/judgement.ts'
import { publicSuffixesFor } from '../../certificates/public-suffix.ts'
import { readUpload } from '../../certificates/read.ts'
import { usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import type { Finding } from '../../findings.ts'
import { gateLines } from '../../front/words/gate.ts'
import { type Line, span } from '../../front/words/line.ts'
import { wrapLine } from '../../front/words/wrap.ts'
import { oneLine } from '../../process/plain-text.ts'
import { quoteCommand } from '../../process/quote.ts'
import { fetchLine } from '../fetch-line.ts'
import { type Io, printErr, printJson, printOut, widthOf } from '../io.ts'
import { passphraseFor } from './ask-passphrase.ts'
import { type CheckFlags, readFiles, type Standard, standardFor } from './check-input.ts'

export interface CheckOptions extends CheckFlags {
  chain?: string
  key?: string
  intermediates?: string
  dir?: string
  fetch?: boolean
  fetchPrivate?: boolean
  json?: boolean
}

/** What the gate says of certificates and keys, on their own: exit 0 usable, 65 blocked. */
export async function check(files: string[], options: CheckOptions, io: Io): Promise<ExitCode> {
  const { world } = io
  const named = [...files, ...[options.chain ?? []].flat(), ...[options.key ?? []].flat()]
  if (named.length === 0 && options.dir === undefined) {
    throw usage('No file is named.', 'Type: secure-endpoint cert check CHAIN KEY --domain NAME')
  }
  if (named.length > 0 && options.dir !== undefined) {
    throw usage('--dir stands alone.', 'Name either files or a folder with many pairs.')
  }
  const standard = await standardFor(options, world)
  if (options.dir !== undefined) {
    const { checkFolder } = await import('./check-folder.ts')
    return checkFolder(options.dir, options, standard, io)
  }
  const judgement = await judgeNamed(named, options, standard, io)
  const { verdict, findings, repairs } = judgement
  if (options.json) {
    printJson(io, { schema: 'secure-endpoint/check@1', verdict, findings, repairs })
  } else {
    const toSeeAll = 'add --json to see all'
    const lines = [
      ...gateLines(judgement, { now: standard.now, glyphs: io.glyphs, toSeeAll }),
      ...repairHint(judgement, named),
    ]
    printOut(
      io,
      lines.flatMap(line => wrapLine(line, widthOf(io), 11)),
    )
  }
  return verdict === 'blocked' ? exitCodes.data : exitCodes.done
}

/** Repairs that `cert convert` makes alike. */
const convertible: readonly string[] = ['order', 'duplicate', 'text-around', 'encoding', 'format']

/** What to type to have the repaired files; a run of `init` repairs by itself. */
function repairHint({ repairs }: Judgement, named: readonly string[]): Line[] {
  if (repairs.length === 0) return []
  const alone = repairs.every(({ kind }) => convertible.includes(kind))
  const command = [
    'secure-endpoint',
    'cert',
    'convert',
    ...named,
    '--to',
    'pem',
    '--out',
    'repaired/',
  ]
  return [
    [span('  init and rotate make the repairs themselves.', 'quiet')],
    ...(alone
      ? [
          [span('  To have the repaired files:', 'quiet')],
          [span(`    ${oneLine(quoteCommand(command))}`)],
        ]
      : []),
  ]
}

async function judgeNamed(
  paths: readonly string[],
  options: CheckOptions,
  { passphrase, findings, ...held }: Standard,
  io: Io,
): Promise<Judgement> {
  const { cwd } = io.world
  const leaf = await readFiles(paths, cwd)
  const above = await readFiles(options.intermediates, cwd)
  // whoever names the CAs, or asks for the strict reading, does not want others found
  const alone = options.intermediates !== undefined || held.profile.strict === true
  const chain = paths[0] ?? '.'
  /** At a terminal a passphrase that is missing or wrong is asked for, hidden. */
  const judgeWith = async (passphrase?: string): Promise<Judgement> => {
    const upload = readUpload([...leaf.files, ...above.files], passphrase)
    const input: JudgeInput = {
      ...{ ...upload, ...held },
      ...(await publicSuffixesFor(upload.certificates)),
      keyOptional: options.key === undefined,
      leafFiles: leaf.files.map(({ path }) => oneLine(path)),
    }
    const judged = alone ? judge(input) : await judgeBeside(input, chain, cwd)
    const typed = await passphraseFor(judged.findings, passphrase !== undefined, io)
    if (typed !== undefined) return judgeWith(typed)
    if (!options.fetch && !options.fetchPrivate) return judged
    return judgeFetched(judged, input, {
      offered: io.world.offered,
      mayBePrivate: options.fetchPrivate === true,
      onAsk: place => printErr(io, [fetchLine(place)]),
    })
  }
  const unread = [...findings, ...leaf.findings, ...above.findings]
  return withFindings(await judgeWith(passphrase), unread)
}

/** Adds what could not be read to a judgement. */
export function withFindings(judgement: Judgement, more: readonly Finding[]): Judgement {
  if (more.length === 0) return judgement
  const findings = sorted([...judgement.findings, ...more])
  if (!more.some(({ severity }) => severity === 'blocks')) return { ...judgement, findings }
  return { verdict: 'blocked', findings, repairs: [], diff: [], chain: [] }
}
