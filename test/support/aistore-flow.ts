import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import type { RequestOptions, RequestResult } from '../../src/net/request.ts'
import type { Event } from '../../src/plan/events.ts'
import type { Op } from '../../src/plan/op.ts'
import type { Json, Plan, Verb } from '../../src/plan/plan.ts'
import { shellScript } from '../../src/plan/shell/script.ts'
import type { RunTool } from '../../src/process/tool.ts'
import { readEndpoint } from '../../src/record/endpoint.ts'
import { recordPaths } from '../../src/record/paths.ts'
import type { StageFault } from '../../src/rehearsal/faults.ts'
import { startRehearsal } from '../../src/rehearsal/rehearse.ts'
import { carryOut } from '../../src/road/carry-out.ts'
import { makePlan } from '../../src/road/make-plan.ts'
import { takeUp, unfinishedOf } from '../../src/road/resume.ts'
import type { EndpointStatus } from '../../src/status/endpoint-status.ts'
import { lookAtEndpoint, type Ways } from '../../src/status/look.ts'
import { placeByHandOp, placedByHandOp } from '../../src/targets/aistore/by-hand/ops-by-hand.ts'
import { aistore } from '../../src/targets/aistore/index.ts'
import type { Target } from '../../src/targets/target.ts'
import { realWorld, type World } from '../../src/world.ts'

type WrongApi = (
  options: RequestOptions,
) => Partial<RequestResult> | undefined | Promise<Partial<RequestResult> | undefined>
type Wrong = { exit: number; stderr: string } | undefined
type WrongTool = (words: string) => Wrong | Promise<Wrong>

interface Went {
  exit: number
  outcome: string
  events: Event[]
  plan: Plan
  /** Ids of failed steps, of their findings, and of probes that did not pass. */
  failed: string[]
  /** Ids of the steps that acted. */
  acted: string[]
}

/** AIStore's stage as a double of a cluster that lasts over several runs. */
export interface AistoreFlow {
  world: World
  go(verb: Verb, more?: { bringBack?: boolean; stopAt?: string }): Promise<Went>
  /** Takes an unfinished run up, or takes back what it began. */
  resume(more?: { undo?: boolean }): Promise<Went>
  /** Other answers from here on. */
  answer(text: string): void
  /** Answers some calls otherwise than the stage does. */
  breakApi(wrong?: WrongApi): void
  breakTool(wrong?: WrongTool): void
  /** From here on nobody puts files there for a person, as in a run that is no rehearsal. */
  leaveToPerson(): void
  /** What the stage answers, broken or not. */
  real(options: RequestOptions): Promise<RequestResult>
  /** `PUT /v1/...` of all runs so far, and the commands. */
  changes: string[]
  /** What the stage's gateway answers, in the scheme that it speaks. */
  get(path: string): Promise<{ status: number; json: Json }>
  put(path: string, body?: string): Promise<{ status: number; json: Json }>
  /** What `status` sees. */
  status(): Promise<EndpointStatus>
  /** The plan of a verb as a script. */
  script(verb: Verb): Promise<string>
  /** Where a path of the nodes lies. */
  node(path: string): string
  /** What the record says: the leaf of the current generation. */
  leaf(): string
  close(): Promise<void>
}

/** Shuts the stage's cluster down as a person would who waits for it: the answer comes before its end. */
export async function shutDown(flow: AistoreFlow): Promise<void> {
  await flow.put('/v1/cluster', '{"action":"shutdown"}')
  const answers = () =>
    flow.get('/v1/health').then(
      () => true,
      () => false,
    )
  while (await answers()) await sleep(5)
}

const target = aistore as Target

export const usualAnswers = (
  more = '',
  certificate = '{source: self-signed, authority: local}',
) => `version: 1
endpoint: ais
domain: ais.lab.test
certificate: ${certificate}
target:
  kind: aistore
  gateway: http://gateway.lab.test:8080
  place: here
  restart: ./restart-ais.sh --all
${more}
dns: {how: none}
proof: {wait: 2s}
`

export async function aistoreFlow(text = usualAnswers(), fault?: StageFault): Promise<AistoreFlow> {
  const never: RunTool = async call => {
    throw new Error(`${call.argv[0]} must not be called for real`)
  }
  const questions = questionsFor([target])
  const load = (yaml: string) => loadAnswers(yaml, questions, { name: 'a.yaml', folder: '/' })
  let answered = load(text)
  const { answers } = answered
  const world = { ...realWorld(never), run: never }
  const faulty = fault ? { fault } : {}
  const rehearsal = await startRehearsal({ answers, target, world, ...faulty })
  const changes: string[] = []
  let wrongApi: WrongApi | undefined
  let wrongTool: WrongTool | undefined
  let ops = rehearsal.ops
  const run: RunTool = async call => {
    const words = call.argv.join(' ')
    const none = { argv: call.argv, stdout: '', stderr: '', tookMs: 0 }
    // the built-in probe does curl's work: it needs no process
    if (call.argv[0] === 'curl') return { ...none, outcome: 'missing' }
    changes.push(words)
    const said = await wrongTool?.(words)
    return said ? { ...none, outcome: 'ended', ...said } : rehearsal.run(call)
  }
  const own: World = {
    ...rehearsal.world,
    run,
    async api(options) {
      const { pathname, search } = new URL(options.url)
      if (options.method === 'PUT') changes.push(`PUT ${pathname}${decodeURIComponent(search)}`)
      const said = await wrongApi?.(options)
      return said ? { headers: {}, body: '', tookMs: 0, ...said } : rehearsal.world.api(options)
    },
  }
  const carry = async (
    planned: Awaited<ReturnType<typeof makePlan>>,
    { stopAt, undo }: { stopAt?: string | undefined; undo?: boolean },
  ): Promise<Went> => {
    const events: Event[] = []
    const stop = new AbortController()
    const { outcome, exit } = await carryOut({
      planned,
      world: own,
      signal: stop.signal,
      onEvent(event) {
        events.push(event)
        if (event.type === 'step.started' && event.id === stopAt) stop.abort()
      },
      rehearsal: { ...rehearsal, run, ops },
      ...(undo ? { undo } : {}),
    })
    const acted = events.flatMap(each => (each.type === 'step.done' ? [each.id] : []))
    return { exit, outcome, events, plan: planned.plan, failed: events.flatMap(failedOf), acted }
  }
  const ask = async (path: string, put?: { body: string }) => {
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://gateway.lab.test:8080${path}`
      const more = put ? { method: 'PUT' as const, body: put.body } : {}
      const { status, body } = await rehearsal.world.api({ url, timeoutMs: 1_000, ...more })
      if (status !== undefined && !body.startsWith('Client sent'))
        return { status, json: body === '' ? null : JSON.parse(body) }
    }
    throw new Error('the stage does not answer')
  }
  return {
    world: own,
    changes,
    async go(verb, { bringBack = false, stopAt } = {}) {
      const input = { verb, answered, target, world: own, bringBack, secrets: {} }
      return carry(await makePlan(input), { stopAt })
    },
    async resume({ undo = false } = {}) {
      const unfinished = await unfinishedOf(answered.answers.endpoint, own)
      if (!unfinished) throw new Error('nothing is unfinished')
      return carry(takeUp(unfinished, target, own), { undo })
    },
    answer(other) {
      answered = load(other)
    },
    breakApi(by) {
      wrongApi = by
    },
    breakTool(by) {
      wrongTool = by
    },
    leaveToPerson() {
      const inEarnest = (op: Op): Op => ({
        ...op,
        run: (input, { rehearsal: _, ...ctx }) => op.run(input, ctx),
      })
      ops = {
        ...ops,
        'aistore.placed-by-hand': inEarnest(placedByHandOp),
        'aistore.place-by-hand': inEarnest(placeByHandOp),
      }
    },
    real: options => rehearsal.world.api(options),
    get: path => ask(path),
    put: (path, body = '') => ask(path, { body }),
    async status() {
      const signal = AbortSignal.timeout(20_000)
      const name = answered.answers.endpoint
      const record = await readEndpoint(recordPaths(own.stateFolder, name))
      const calling = { world: own, run, signal, record }
      const { reach } = target
      const ways: Ways = reach ? { reach: use => reach(answered, calling, use) } : {}
      return lookAtEndpoint(name, own, signal, ways)
    },
    async script(verb) {
      const planned = await makePlan({ verb, answered, target, world: own, secrets: {} })
      return shellScript(planned, own)
    },
    node: path => join(own.stateFolder, 'stage', path),
    leaf() {
      const state = join(own.stateFolder, 'endpoints', answered.answers.endpoint)
      const current = readFileSync(join(state, 'current'), 'utf8').trim()
      const meta = readFileSync(join(state, 'generations', current, 'meta.json'), 'utf8')
      return JSON.parse(meta).leaf.fingerprint
    },
    close: () => rehearsal.close(),
  }
}

/** A flow that ends with its test. */
export async function flowOf(text?: string, fault?: StageFault): Promise<AistoreFlow> {
  const flow = await aistoreFlow(text, fault)
  onTestFinished(() => flow.close())
  return flow
}

function failedOf(event: Event): string[] {
  if (event.type === 'step.failed') return [event.id, ...event.findings.map(({ id }) => id)]
  return event.type === 'proof' && event.state === 'fail' ? [event.id] : []
}
