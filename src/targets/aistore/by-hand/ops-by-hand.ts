import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { exitCodes } from '../../../exit-codes.ts'
import type { DnsSeen } from '../../../plan/events.ts'
import type { Op, Performing } from '../../../plan/op.ts'
import { left } from '../../../plan/perform/limits.ts'
import type { Json } from '../../../plan/plan.ts'
import type { Host } from '../hosts/destinations.ts'
import { forHosts } from '../hosts/files-on-hosts.ts'
import { type Files, isPlaced, placedOp, placeFilesOp } from '../ops-files.ts'
import { aistoreProblem } from '../problems.ts'
import { commandsFor, isHere } from './commands.ts'
import { expectedOf, readSaid, wrongIn } from './line.ts'

/** Files that a person puts onto hosts; `said` is the file with the lines of the checks there. */
interface ByHand extends Files {
  hosts: Host[]
  said?: string
}

interface HostSeen {
  host: Host
  /** Empty where all is right; undefined where nothing is known of it. */
  wrong: string | undefined
}

/** Milliseconds between two looks at the file with the lines, and how long a person may take. */
const lookMs = 1_000
const limitMs = 30 * 24 * 60 * 60 * 1_000

/**
 * Whether the pair is on all hosts, by what the check on each of them has said, or by the files where a
 * host is this machine: `{chain, key, roots, certFile, keyFile, caFile, hosts, said}`.
 */
export const placedByHandOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const files = input as unknown as ByHand
    if (ctx.rehearsal) return placedOp.run(input, ctx)
    const seen = await lookAtHosts(files, ctx)
    return { placed: seen.every(isRight), seen: countOf(seen) }
  },
  printed: () => [],
  shell: (input, sh) => [`ais_placed_by_hand ${words(input, sh)}`],
}

/**
 * Waits until a person has put the pair onto all hosts, and the check on each of them has said so; in a
 * rehearsal it is done for them.
 *
 * @throws Problem with exit 75 and the commands where nobody is there to wait for
 */
export const placeByHandOp: Op = {
  changes: true,
  async run(input, ctx): Promise<Json> {
    const files = input as unknown as ByHand
    if (ctx.rehearsal) return placeFilesOp.run(input, ctx)
    if (!existsSync(files.key)) throw notKept(files)
    const began = ctx.world.clock.elapsed()
    for (;;) {
      const seen = await lookAtHosts(files, ctx)
      const [next] = seen.filter(each => !isRight(each))
      if (!next) return { placed: true, seen: countOf(seen) }
      if (!ctx.ask) throw notThere(files, seen, ctx)
      const elapsedMs = ctx.world.clock.elapsed() - began
      const file = saidFile(files, ctx)
      const said = await ctx.wait({
        elapsedMs,
        limitMs,
        nextMs: lookMs,
        seen: seen.map(rowOf) as unknown as Json,
        manual: {
          text: toldFor(next, file),
          copy: commandsFor(next.host, files, file).join(' && '),
        },
      })
      if (said === 'leave') throw left(countOf(seen))
    }
  },
  printed(input, show) {
    const files = input as unknown as ByHand
    const { chain, key, roots } = files
    const shown = { ...files, chain: show(chain), key: show(key) }
    const all = roots === undefined ? shown : { ...shown, roots: show(roots) }
    const said = files.said === undefined ? 'placed.txt' : show(files.said)
    return forHosts(files, to => commandsFor({ to, nodes: [] }, all, said))
  },
  shell: (input, sh) => [`ais_place_by_hand ${words(input, sh)}`],
}

async function lookAtHosts(files: ByHand, ctx: Performing): Promise<HostSeen[]> {
  if (!existsSync(files.key)) return files.hosts.map(host => ({ host, wrong: undefined }))
  const [expected, said] = await Promise.all([expectedOf(files), readSaid(saidFile(files, ctx))])
  const here = files.hosts.some(isHere) && (await isPlaced(files, ctx))
  return files.hosts.map(host => {
    const line = said.get(host.to)
    if (here && isHere(host)) return { host, wrong: '' }
    return { host, wrong: line && wrongIn(line, expected, files) }
  })
}

function saidFile({ said }: ByHand, ctx: Performing): string {
  return said === undefined
    ? join(ctx.record.paths.folder, 'placed.txt')
    : resolve(ctx.userFolder, said)
}

function isRight({ wrong }: HostSeen): boolean {
  return wrong === ''
}

function countOf(seen: readonly HostSeen[]): string {
  return `checked on ${seen.filter(isRight).length} of ${seen.length} ${seen.length === 1 ? 'host' : 'hosts'}`
}

const whoseKey =
  'Where no aisnode runs, the key goes to the owner of the one that is there, or of its folder: that must be the user that will run aisnode.'

/** What has to be done next; the commands stand beside it, to be copied. */
function toldFor({ host, wrong }: HostSeen, said: string): string[] {
  return [
    `Type the command here, or do the same in your own way: the line that the check there says goes into ${said}.`,
    whoseKey,
    `${nameOf(host)}: ${wrong ?? 'key and certificate must be put there, and checked as the user of aisnode'}`,
  ]
}

function nameOf({ to, nodes }: Host): string {
  return nodes.length === 0 ? to : `${to} (${nodes.join(', ')})`
}

/** A row of the screen. */
function rowOf({ host, wrong }: HostSeen): DnsSeen {
  const says = wrong === undefined ? 'not checked yet' : wrong === '' ? 'in place' : 'wrong'
  return {
    server: host.to,
    role: 'named',
    says,
    state: wrong === undefined ? 'absent' : wrong === '' ? 'right' : 'wrong',
    ...(wrong ? { note: wrong } : {}),
  }
}

function notThere(files: ByHand, seen: readonly HostSeen[], ctx: Performing) {
  const said = saidFile(files, ctx)
  const open = seen.filter(each => !isRight(each))
  const lines = open.flatMap(({ host, wrong }) => [
    `${nameOf(host)}: ${wrong ?? 'not checked yet'}`,
    ...commandsFor(host, files, said).map(each => `  ${each}`),
  ])
  return aistoreProblem('aistore.by-hand', exitCodes.later, {
    subject: open.map(({ host }) => host.to).join(', '),
    evidence: lines.join('\n'),
    fix: `Type these commands, or do the same in your own way: ${said} must have the line of each host's check. ${whoseKey} Then run the same command again.`,
  })
}

/** What an adopted cluster had, its nodes alone have. */
function notKept({ certFile, keyFile }: ByHand) {
  return aistoreProblem('aistore.by-hand', exitCodes.later, {
    title: 'The pair of before is not on this machine.',
    subject: certFile,
    evidence: `${keyFile} could not be read here when the cluster was adopted`,
    fix: `Put ${keyFile} and ${certFile} of before back onto every node, key first, and load them: ais tls load-certificate`,
  })
}

function words(
  { hosts, said = '', chain, key, roots = '', certFile, keyFile, caFile }: Record<string, unknown>,
  sh: Parameters<Op['shell']>[1],
): string {
  const to = (hosts as Host[]).map(each => each.to).join('\n')
  return [to, said, chain, key, roots, certFile, keyFile, caFile].map(sh.word).join(' ')
}
