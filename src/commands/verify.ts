import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Answered } from '../answers/answers.ts'
import { checkDomain } from '../answers/checks.ts'
import { parseDuration } from '../duration.ts'
import { usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { lastLine } from '../front/words/last-line.ts'
import { type Line, span } from '../front/words/line.ts'
import { findingLines } from '../front/words/problem.ts'
import { proofLine } from '../front/words/run.ts'
import { formatAddress } from '../net/address.ts'
import { isIP } from '../net/is-ip.ts'
import type { ProofResult } from '../plan/events.ts'
import { probeDns } from '../proof/dns-probe.ts'
import { probeHeld, recordedChain } from '../proof/held.ts'
import { type Proving, prove, retried } from '../proof/prove.ts'
import { provePlain } from '../proof/prove-plain.ts'
import { probeServers, probeServersPlain } from '../proof/servers.ts'
import type { WantedEndpoint } from '../proof/wanted.ts'
import { type EndpointRecord, readEndpoint, writeEndpoint } from '../record/endpoint.ts'
import { currentGeneration, generationFolder, readGeneration } from '../record/generation.ts'
import { recordPaths } from '../record/paths.ts'
import type { Ways } from '../status/look.ts'
import { recordedAnswers, recordOf } from './endpoint-of.ts'
import { answersFromFile } from './get-answers.ts'
import { type Io, printErr, printJson, printOut, widthOf } from './io.ts'
import { waysOf } from './ways.ts'

export interface VerifyOptions {
  json?: boolean
  answers?: string
  roots?: string
  fingerprint?: string
  path?: string
  wait?: string
}

/** What is to be proven, and where DNS should lead. */
interface Subject {
  title: string
  wanted: WantedEndpoint
  dns?: { name: string; host: string; server?: string }
  plain: boolean
  /** Name of the record, whose times are brought up to date when all passes. */
  record?: string
}

/** Proves an endpoint: a recorded one by its name, or any `https://host:port`, from outside. */
export async function verify(
  what: string | undefined,
  options: VerifyOptions,
  io: Io,
): Promise<ExitCode> {
  const subject = await subjectOf(what, options, io)
  const { world, signal } = io
  const proving = { world, run: world.run, signal }
  const { record } = subject
  const ways = record === undefined ? {} : await waysOf(record, world, signal)
  const [proven, held] = await Promise.all([
    proofOf(subject, ways, proving),
    heldProof(subject, ways, io),
  ])
  const results = [...proven, ...held]
  if (subject.dns)
    results.push((await probeDns(subject.dns, { world, run: world.run, signal })).result)
  const good = results.every(({ state }) => state === 'pass' || state === 'skip')
  const exit = good ? exitCodes.done : exitCodes.failed
  if (good && subject.record) await recordProof(subject.record, io)
  if (options.json) {
    printJson(io, {
      schema: 'secure-endpoint/proof@1',
      endpoint: subject.title,
      verdict: good ? 'pass' : 'fail',
      probes: results,
    })
    return exit
  }
  printOut(io, resultLines(subject, results, io))
  const bad = results.filter(({ state }) => state === 'fail' || state === 'unknown')
  const words = good
    ? `${subject.title} is as wanted`
    : `${bad.map(({ id }) => id).join(', ')} did not pass`
  printErr(io, [lastLine(exit, words)])
  return exit
}

/** At the recorded addresses, or at each server that only the target knows the way to. */
async function proofOf(
  { wanted, plain }: Subject,
  { reach }: Ways,
  proving: Proving,
): Promise<ProofResult[]> {
  if (!reach) return plain ? provePlain(wanted, proving) : prove(wanted, proving)
  const probe = plain ? probeServersPlain : probeServers
  let unseen: string | undefined
  const results = await retried(wanted, proving, () =>
    reach((servers, notSeen) => {
      unseen = notSeen
      return probe(servers, wanted, proving)
    }),
  )
  return unseen === undefined ? results : [...results, notAsked(unseen)]
}

/** Servers that no way led to are no failure, but nothing is proven of them. */
function notAsked(seen: string): ProofResult {
  const said = { expected: 'each server is asked', seen, evidence: [], command: '', means: '' }
  return { id: 'servers.asked', decides: 'report', state: 'skip', ...said, fix: '', tookMs: 0 }
}

/** What is served next, where a target keeps that apart from what serves. */
async function heldProof({ record }: Subject, ways: Ways, { world }: Io): Promise<ProofResult[]> {
  const began = world.clock.elapsed()
  const held = await ways.held?.()
  if (!held || record === undefined) return []
  const recorded = await recordedChain(recordPaths(world.stateFolder, record))
  const tookMs = Math.round(world.clock.elapsed() - began)
  return [probeHeld(held, recorded, { name: record, tookMs })]
}

function resultLines({ title }: Subject, results: readonly ProofResult[], io: Io): Line[] {
  const width = widthOf(io)
  return [
    [span(title, 'bold')],
    ...results.flatMap((result): Line[] => {
      const event = { ...result, type: 'proof' } as never
      const line = proofLine(event, io.glyphs, width)
      if (result.state !== 'fail') return [line]
      const { expected, means, fix, command, evidence } = result
      const found = findingLines(
        {
          id: result.id,
          severity: 'blocks',
          title: `expected ${expected}`,
          subject: '',
          evidence: evidence.slice(0, 6).join('\n'),
          why: means,
          fix,
        },
        span(' '),
      )
      return [
        line,
        ...found,
        ...(command ? [[span('    command', 'quiet')] as Line, [span(command)] as Line] : []),
      ]
    }),
  ]
}

async function subjectOf(
  what: string | undefined,
  options: VerifyOptions,
  io: Io,
): Promise<Subject> {
  if (options.answers !== undefined) {
    const answered = await answersFromFile(options.answers, io)
    return recorded(answered.answers.endpoint, answered, options, io)
  }
  if (what === undefined)
    throw usage(
      'What shall be verified is missing.',
      'Name an endpoint, or an address: https://host:port',
    )
  if (what.includes('://')) return anyAddress(what, options, io)
  await recordOf(what, io.world)
  const { answers, folder } = await recordedAnswers(what, io.world)
  return recorded(what, { answers, folder }, options, io)
}

async function recorded(
  name: string,
  { answers, folder }: Pick<Answered, 'answers' | 'folder'>,
  options: VerifyOptions,
  io: Io,
): Promise<Subject> {
  const paths = await recordOf(name, io.world)
  const record = await readEndpoint(paths)
  const number = await currentGeneration(paths)
  const leaf = number === undefined ? undefined : (await readGeneration(paths, number))?.leaf
  const roots =
    number === undefined ? undefined : join(generationFolder(paths, number), 'roots.pem')
  const { domain, dns, proof } = answers
  const host = record?.live.host
  const asked = dns.how !== 'none' && !isIP(domain) && host !== undefined && record?.https
  return {
    title: name,
    plain: record ? !record.https : false,
    record: name,
    wanted: {
      addresses: [...(record?.addresses ?? [])],
      name: domain,
      ...(leaf ? { leaf: leaf.fingerprint } : {}),
      ...(roots && existsSync(roots) ? { roots } : {}),
      ...clientOf(record, folder),
      path: options.path ?? proof.path,
      expect: proof.expect,
      notReady: { status: 503, says: '"No ready replicas": TLS is good, the model is not ready' },
      decides: 'report',
      waitMs: waitOf(options, '10s'),
    },
    ...(asked
      ? { dns: { name: domain, host, ...(dns.server === undefined ? {} : { server: dns.server }) } }
      : {}),
  }
}

/** Our own certificate, where the endpoint asks clients for one. */
function clientOf(
  record: EndpointRecord | undefined,
  folder: string,
): Pick<WantedEndpoint, 'client'> {
  const { clientChain, clientKey } = record?.live ?? {}
  if (clientChain === undefined || clientKey === undefined) return {}
  return { client: { chain: resolve(folder, clientChain), key: resolve(folder, clientKey) } }
}

function anyAddress(text: string, options: VerifyOptions, io: Io): Subject {
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:') {
    throw usage(
      `${text} is no https:// address.`,
      'Write for example https://fraud.ml.example.com:30001.',
    )
  }
  const url = new URL(text)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const name = checkDomain(host)
  if ('wrong' in name) throw usage(`${host}: ${name.wrong}`, name.fix)
  const port = Number(url.port) || 443
  return {
    title: `https://${url.host}`,
    plain: false,
    wanted: {
      addresses: [formatAddress({ host, port })],
      name: String(name.value),
      ...(options.fingerprint ? { leaf: options.fingerprint.toUpperCase() } : {}),
      ...(options.roots ? { roots: join(io.world.cwd, options.roots) } : {}),
      path: options.path ?? (url.pathname + url.search || '/'),
      expect: range(200, 599),
      decides: 'report',
      waitMs: waitOf(options, '10s'),
    },
  }
}

function waitOf({ wait }: VerifyOptions, fallback: string): number {
  const ms = parseDuration(wait ?? fallback)
  if (ms === undefined)
    throw usage(`--wait ${wait} is no duration.`, 'Write for example 30s or 5m.')
  return ms
}

/** Any HTTP answer at all shows that TLS carries requests. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

async function recordProof(name: string, { world }: Io): Promise<void> {
  const paths = await recordOf(name, world)
  const record = await readEndpoint(paths)
  if (!record) return
  const now = new Date(world.clock.now()).toISOString()
  const { schema: _schema, ...rest } = record
  await writeEndpoint(paths, { ...rest, served: now, reachable: now })
}
