import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../../../errors.ts'
import type { Finding } from '../../../findings.ts'
import { packageFolder } from '../../../package-files.ts'
import type { Performing } from '../../../plan/op.ts'
import { quoteWord } from '../../../process/quote.ts'
import type { Host } from './destinations.ts'
import { hostProblem } from './failures.ts'

/** The hosts of all nodes, as a plan holds them. */
export interface Hosts {
  hosts: Host[]
  /** Whether files are written as root: `sudo -n`. */
  sudo: boolean
  /** What the name of a kept copy ends in. */
  kept: string
}

/** A file on a host; `text` is what shall be in it, where that is known here. */
export interface HostFile {
  name: 'key' | 'ca' | 'chain'
  mode: number
  path: string
  text?: string
}

/** What a host said of each file, and the certificates that it showed. */
export interface HostAnswer {
  states: Readonly<Partial<Record<HostFile['name'], string>>>
  pem: Readonly<Partial<Record<HostFile['name'], string>>>
}

/** What the program in `templates/aistore/on-host.sh` can be asked to do, file by file. */
export type HostCall =
  | 'ready'
  | 'look'
  | 'look_kept'
  | 'show'
  | 'known'
  | 'keep'
  | 'put'
  | 'put_kept'
  | 'turn'
  | 'drop'

type Calling = Pick<Performing, 'run' | 'signal'>

/** Milliseconds for one connection and what is done over it. */
const limitMs = 60_000
/** How many connections are open at the same time. */
const together = 8

/** The user's own configuration decides; nothing is asked, and no terminal echoes what goes in. */
const ssh = ['ssh', '-T', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20', '--'] as const

/**
 * Does something with files on a host. The login shell there gets a command that every shell reads the
 * same; program, values and contents follow on stdin, so that none of them stands in an argv.
 *
 * @throws Problem that says what was in the way
 */
export async function onHost(
  host: Host,
  calls: readonly HostCall[],
  files: readonly HostFile[],
  { sudo, kept }: Pick<Hosts, 'sudo' | 'kept'>,
  ctx: Calling,
): Promise<HostAnswer> {
  const program = `${await readProgram()}\n${tailOf(host, calls, files, kept)}\n`
  const contents = calls.includes('put') ? files.map(({ text = '' }) => text).join('') : ''
  const result = await ctx.run({
    argv: [...ssh, host.to, remoteCommand(Buffer.byteLength(program), sudo)],
    stdin: program + contents,
    limitMs,
    signal: ctx.signal,
  })
  const lines = result.stdout
    .split('\n')
    .flatMap(line => (line.startsWith('se: ') ? [line.slice('se: '.length)] : []))
  if (result.outcome === 'ended' && result.exit === 0 && lines.includes('end'))
    return answerIn(lines)
  throw hostProblem(host, result, { lines, sudo })
}

/**
 * The same on all hosts, some at a time.
 *
 * @throws Problem with what is in the way on each of them: the same on several is said once
 */
export async function onHosts<T>(
  { hosts }: Pick<Hosts, 'hosts'>,
  act: (host: Host) => Promise<T>,
): Promise<T[]> {
  const results = new Map<Host, T>()
  const failed = new Map<Host, Problem>()
  const rest = [...hosts]
  const worker = async () => {
    for (let host = rest.shift(); host !== undefined; host = rest.shift())
      try {
        results.set(host, await act(host))
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        failed.set(host, error)
      }
  }
  await Promise.all(Array.from({ length: Math.min(together, hosts.length) }, worker))
  const problems = hosts.flatMap(host => failed.get(host) ?? [])
  const [first] = problems
  if (first) throw new Problem(first.exit, merged(problems.flatMap(({ findings }) => findings)))
  return hosts.map(host => results.get(host) as T)
}

function readProgram(): Promise<string> {
  return readFile(join(packageFolder(), 'templates', 'aistore', 'on-host.sh'), 'utf8')
}

/** In braces: a shell runs all of it or, where a connection has broken off, nothing. */
function tailOf(
  { to }: Host,
  calls: readonly HostCall[],
  files: readonly HostFile[],
  kept: string,
): string {
  const words = files.flatMap(({ name, mode, path, text = '' }) => [
    name,
    mode.toString(8),
    path,
    String(Buffer.byteLength(text)),
    text === '' ? '-' : createHash('sha256').update(text).digest('hex'),
  ])
  const args = words.map(quoteWord).join(' ')
  // of the destination, so that what a broken connection left is found, and no other host's is
  const tag = `se-${createHash('sha256').update(to).digest('hex').slice(0, 8)}`
  return [
    '{',
    `tag=${tag}`,
    `kept=${quoteWord(kept)}`,
    `files() { each "$1" ${args}; }`,
    ...(calls.some(makesFresh) ? ['trap "files drop" EXIT', 'trap "exit 3" HUP INT TERM'] : []),
    ...calls.map(call => `files ${call}`),
    'trap - EXIT',
    'say end',
    '}',
  ].join('\n')
}

/** What stays behind of it is of no use where not all of it goes well. */
function makesFresh(call: HostCall): boolean {
  return call === 'put' || call === 'put_kept'
}

/** dd reads exactly as many bytes as the program has: the rest of stdin is for what it calls. */
function remoteCommand(bytes: number, sudo: boolean): string {
  const shell = `sh -c 'eval "$(dd bs=1 count=${bytes} 2>/dev/null)"'`
  return sudo ? `echo se: here; env LC_ALL=C sudo -n ${shell}` : shell
}

function answerIn(lines: readonly string[]): HostAnswer {
  const states: Record<string, string> = {}
  const pem: Record<string, string> = {}
  for (const line of lines) {
    const [, name = '', shown = '', rest = ''] = /^(key|ca|chain)(=?) ?(.*)$/.exec(line) ?? []
    if (name === '') continue
    if (shown === '') states[name] = rest
    else pem[name] = `${pem[name] ?? ''}${rest}\n`
  }
  return { states, pem }
}

function merged(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding[]>()
  for (const each of findings) groups.set(each.id, [...(groups.get(each.id) ?? []), each])
  return [...groups.values()].flatMap(same => {
    const [first] = same
    if (!first || same.length === 1) return same
    const shown = same.slice(0, 3).map(({ subject, evidence }) => `${subject}: ${evidence}`)
    const more = same.length > 3 ? [`and ${same.length - 3} more`] : []
    const subject = same.map(each => each.subject).join(', ')
    return [{ ...first, subject, evidence: [...shown, ...more].join('; ') }]
  })
}
