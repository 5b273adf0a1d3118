import { readFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { exitCodes } from '../../../exit-codes.ts'
import type { Op, Performing } from '../../../plan/op.ts'
import type { Json } from '../../../plan/plan.ts'
import { quoteCommand, quoteWord } from '../../../process/quote.ts'
import { aistoreProblem } from '../problems.ts'
import { type HostAnswer, type HostFile, type Hosts, onHost, onHosts } from './on-host.ts'

/** A pair of the record, and where it goes on the hosts. */
export interface FilesOnHosts {
  chain: string
  key: string
  roots?: string
  certFile: string
  keyFile: string
  caFile: string
  /** Whether the answers name these paths, and not the cluster alone. */
  named: boolean
  ssh: Hosts
}

/** As many hosts are shown with commands of their own. */
const shownHosts = 4

/** Milliseconds for taking fresh files away again. */
const dropMs = 20_000

type Paths = Pick<FilesOnHosts, 'certFile' | 'keyFile' | 'caFile'>

/**
 * Whether each host could take the files, and aisnode there could read them: `{certFile, keyFile, caFile, ssh}`.
 * Nothing stays of the trial.
 */
export const readyHostsOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const { ssh, ...paths } = input as unknown as Paths & { ssh: Hosts; withRoots: boolean }
    const files = pathsOf(paths, paths.withRoots)
    await onHosts(ssh, host => onHost(host, ['ready'], files, ssh, ctx))
    return { seen: `${counted(ssh)} can be written` }
  },
  printed(input, show) {
    const { ssh, certFile } = input as unknown as Paths & { ssh: Hosts }
    const test = `test -w ${quoteWord(posix.dirname(show(certFile)))}`
    return forHosts(ssh, to => [quoteCommand(['ssh', to, test])])
  },
  shell: ({ ssh, withRoots, ...paths }, sh) => [
    `ais_hosts_ready ${hostWords(ssh)} ${[withRoots === true, paths.certFile, paths.keyFile, paths.caFile].map(sh.word).join(' ')}`,
  ],
}

/** Whether all hosts have the pair, byte for byte; their keys are not read here, nor is what they hash to. */
export async function placedOnHosts(files: FilesOnHosts, ctx: Performing): Promise<Json> {
  const { ssh } = files
  const { all, look } = await wayOf(files)
  const answers = await onHosts(ssh, host => onHost(host, [look], all, ssh, ctx))
  const there = answers.filter(isSame).length
  return { placed: there === answers.length, seen: `in place on ${there} of ${counted(ssh)}` }
}

/**
 * Puts the pair onto all hosts: first beside the files there, so that a full disk on one of them changes
 * nothing on any; then by renames, the key first and the certificate last. A pair whose key is not on
 * record here is the one that was found: each host has kept its own.
 *
 * @throws Problem where one host takes it not, or has something else afterwards
 */
export async function placeOnHosts(files: FilesOnHosts, ctx: Performing): Promise<Json> {
  const { ssh, named } = files
  const { all, look, put } = await wayOf(files)
  const calls = [...(named ? [] : (['known'] as const)), put]
  try {
    await onHosts(ssh, host => onHost(host, calls, all, ssh, ctx))
  } catch (error) {
    // also where the user has stopped it: a key that is of no use any more does not stay behind
    const again = { run: ctx.run, signal: AbortSignal.timeout(dropMs) }
    await onHosts(ssh, host => onHost(host, ['drop'], all, ssh, again)).catch(() => {})
    throw error
  }
  ctx.say(`beside the files on ${counted(ssh)}`)
  const answers = await onHosts(ssh, host => onHost(host, ['turn', look], all, ssh, ctx))
  const wrong = ssh.hosts.filter((_, index) => !isSame(answers[index] as HostAnswer))
  if (wrong.length === 0) return { placed: true, seen: `in place on ${counted(ssh)}` }
  throw aistoreProblem('aistore.refused', exitCodes.failed, {
    title: 'Key and certificate are not as they were written.',
    subject: wrong.map(({ to }) => to).join(', '),
    evidence:
      look === 'look'
        ? `${files.certFile} or ${files.keyFile} is another one by now`
        : `nothing was kept there as ${files.keyFile}.${ssh.kept}`,
    fix: 'See what else writes these files; then run the same command again.',
  })
}

/** What a person would type for the same; the key goes in on stdin. */
export function printedOnHosts(
  { ssh, ...files }: FilesOnHosts,
  show: (text: unknown) => string,
): string[] {
  return forHosts(ssh, to =>
    targets(files, files.roots !== undefined).map(({ from, path, mode }) => {
      const fresh = quoteWord(`${path}.new`)
      const write = `umask 077; cat >${fresh} && chmod ${mode.toString(8)} ${fresh} && mv ${fresh} ${quoteWord(path)}`
      const typed = ssh.sudo ? `sudo -n sh -c ${quoteWord(write)}` : write
      return `${quoteCommand(['ssh', to, typed])} <${show(from)}`
    }),
  )
}

/** Of many hosts the first stands for all. */
export function forHosts(
  { hosts }: Pick<Hosts, 'hosts'>,
  commands: (to: string) => string[],
): string[] {
  const [first, ...others] = hosts.map(({ to }) => to)
  if (first === undefined || others.length < shownHosts)
    return hosts.flatMap(({ to }) => commands(to))
  return commands(first).map(each => `${each}   (and to ${others.join(', ')})`)
}

/** The same for a script. */
export function shellOnHosts(
  name: 'ais_hosts_placed' | 'ais_hosts_place',
  input: Record<string, unknown>,
  word: (text: unknown) => string,
): string {
  const { ssh, named, chain, key, roots = '', certFile, keyFile, caFile } = input
  const rest = [named === true, chain, key, roots, certFile, keyFile, caFile]
  return `${name} ${hostWords(ssh)} ${rest.map(word).join(' ')}`
}

/** Destinations (a line each), whether by sudo, and what kept copies end in: the first words of each function. */
export function hostWords(ssh: unknown): string {
  const { hosts, sudo, kept } = ssh as Hosts
  return [hosts.map(({ to }) => to).join('\n'), String(sudo), kept].map(quoteWord).join(' ')
}

function counted({ hosts }: Pick<Hosts, 'hosts'>): string {
  return `${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`
}

/** In the order in which they are written; with what shall be in them, where that is on record here. */
async function wayOf(files: FilesOnHosts): Promise<{
  all: HostFile[]
  look: 'look' | 'look_kept'
  put: 'put' | 'put_kept'
}> {
  const all = targets(files, files.roots !== undefined)
  if (await isOnHosts(files)) return { all, look: 'look_kept', put: 'put_kept' }
  const read = await Promise.all(
    all.map(async ({ from, ...each }) => ({ ...each, text: await readFile(from, 'utf8') })),
  )
  return { all: read, look: 'look', put: 'put' }
}

/** Whether a pair is the one that was found, whose key the hosts have kept. */
async function isOnHosts({ key }: FilesOnHosts): Promise<boolean> {
  const path = join(dirname(key), 'meta.json')
  const meta = await readFile(path, 'utf8').catch(() => '{}')
  return (JSON.parse(meta) as { found?: { onHosts?: string } }).found?.onHosts !== undefined
}

/** The paths alone: what is there is looked at, whatever it is. */
export function pathsOf(paths: Paths, withRoots: boolean): HostFile[] {
  return targets({ ...paths, key: '', chain: '' }, withRoots).map(({ from: _, ...each }) => each)
}

function targets(
  { chain, key, roots = '', certFile, keyFile, caFile }: Omit<FilesOnHosts, 'ssh' | 'named'>,
  withRoots: boolean,
): (HostFile & { from: string })[] {
  return [
    { name: 'key', mode: 0o600, path: keyFile, from: key },
    ...(withRoots ? [{ name: 'ca' as const, mode: 0o644, path: caFile, from: roots }] : []),
    { name: 'chain', mode: 0o644, path: certFile, from: chain },
  ]
}

function isSame({ states }: HostAnswer): boolean {
  return Object.values(states).every(each => each === 'same')
}
