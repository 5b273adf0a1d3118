import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import type { Answered } from '../../src/answers/answers.ts'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import type { Secrets } from '../../src/answers/secret.ts'
import { secretsOf } from '../../src/commands/get-answers.ts'
import type { Io } from '../../src/commands/io.ts'
import { waysOf } from '../../src/commands/ways.ts'
import { chooseGlyphs } from '../../src/front/words/glyphs.ts'
import { withForwards } from '../../src/kubernetes/forward.ts'
import type { KubeObject } from '../../src/kubernetes/kubectl.ts'
import { readNamespace } from '../../src/kubernetes/namespace.ts'
import { handshake } from '../../src/net/handshake.ts'
import type { RequestOptions, RequestResult } from '../../src/net/request.ts'
import type { Event } from '../../src/plan/events.ts'
import type { Plan, Verb } from '../../src/plan/plan.ts'
import type { RunResult } from '../../src/plan/run.ts'
import { createRunTool } from '../../src/process/run-tool.ts'
import type { RunTool, ToolCall, ToolResult } from '../../src/process/tool.ts'
import type { Server } from '../../src/proof/servers.ts'
import { readEndpoint } from '../../src/record/endpoint.ts'
import { currentGeneration, readGeneration } from '../../src/record/generation.ts'
import { recordPaths } from '../../src/record/paths.ts'
import { startRehearsal } from '../../src/rehearsal/rehearse.ts'
import { carryOut } from '../../src/road/carry-out.ts'
import { makePlan } from '../../src/road/make-plan.ts'
import { takeUp, unfinishedOf } from '../../src/road/resume.ts'
import type { EndpointStatus } from '../../src/status/endpoint-status.ts'
import { lookAtEndpoint } from '../../src/status/look.ts'
import { feldera } from '../../src/targets/feldera/index.ts'
import type { Target } from '../../src/targets/target.ts'
import { realWorld, type World } from '../../src/world.ts'
import { createScratch, type Scratch } from './scratch.ts'

interface Ran extends RunResult {
  events: Event[]
  plan: Plan
  /** Ids of the steps that acted. */
  acted: string[]
}

interface More {
  text?: string
  bringBack?: boolean
  /** The step at whose start the run is stopped. */
  abortAt?: string
  /** Secrets that are typed: no answer points to them. */
  typed?: Secrets
}

type Wrong = (call: ToolCall) => Partial<ToolResult> | undefined

/** Feldera's stage as a double of cluster, helm and API that lasts over several runs. */
export interface FelderaFlow {
  folder: string
  /** Where the runs go: the stage's tools, and a state folder that ends with the flow. */
  world: World
  run(verb: Verb, more?: More): Promise<Ran>
  /** Takes an unfinished run up, or takes back what it began. */
  resume(more?: { undo?: boolean }): Promise<Ran>
  /** Every call of a tool since the start. */
  calls: ToolCall[]
  words(): string[]
  /** Answers some calls otherwise than the stage does. */
  breakTool(wrong?: Wrong): void
  breakApi(wrong?: (options: RequestOptions) => Partial<RequestResult> | undefined): void
  /** What the API of the stage answers. */
  ask(method: 'GET' | 'POST', path: string): Promise<unknown>
  kubectl(words: string[], stdin?: unknown): Promise<string>
  helm(...words: string[]): Promise<string>
  secrets(): Promise<string[]>
  secret(name: string): Promise<KubeObject>
  /** The values that the release has. */
  values(): Promise<Record<string, unknown>>
  pipelineRuns(): Promise<boolean>
  current(): Promise<{ generation?: number | undefined; leaf: string; https?: boolean | undefined }>
  /** The leaf that the pod of this name serves now; '' on plain HTTP. */
  leafServed(name: string): Promise<string>
  /** Opens a port-forward to the pod of this name. */
  through<T>(name: string, use: (port: number) => Promise<T>): Promise<T>
  /** What `status` sees, through the broken tool. */
  status(): Promise<EndpointStatus>
  journal(): string
  close(): Promise<void>
}

export const text = (
  more = '',
  certificate = '{source: self-signed, authority: local}',
) => `version: 1
endpoint: prod
domain: feldera-api-server.feldera.svc.cluster.local
certificate: ${certificate}
target:
  kind: feldera
  context: lab
  namespace: feldera
  release: feldera
  wait: 20s
${more}
proof: {path: /healthz, expect: [200], wait: 5s}
`

export async function createFelderaFlow(
  { folder, env }: Scratch,
  first: string,
): Promise<FelderaFlow> {
  const target = feldera as Target
  const load = (yaml: string): Answered =>
    loadAnswers(yaml, questionsFor([target]), { name: 'a.yaml', folder })
  const world = realWorld(createRunTool(env), { ...env, HOME: folder }, folder)
  const { answers } = load(first)
  const rehearsal = await startRehearsal({ answers, target, world })
  const calls: ToolCall[] = []
  let wrong: Wrong | undefined
  let wrongApi: ((options: RequestOptions) => Partial<RequestResult> | undefined) | undefined
  const tool: RunTool = async call => {
    calls.push(call)
    const said = wrong?.(call)
    if (!said) return rehearsal.run(call)
    const base = { argv: call.argv, outcome: 'ended', exit: 0, stdout: '', stderr: '' } as const
    for (const line of (said.stdout ?? '').split('\n')) if (line !== '') call.onLine?.(line)
    if (call.lasting && (said.exit ?? 0) === 0)
      await new Promise<void>(resolve => {
        if (call.signal?.aborted) resolve()
        call.signal?.addEventListener('abort', () => resolve(), { once: true })
      })
    return { ...base, tookMs: 0, ...said }
  }
  const there = {
    ...rehearsal.world,
    run: tool,
    api: async (options: RequestOptions): Promise<RequestResult> => {
      const said = wrongApi?.(options)
      if (!said) return rehearsal.world.api(options)
      return { headers: {}, body: '', tookMs: 0, ...said }
    },
  }
  const paths = recordPaths(there.stateFolder, 'prod')
  const carry = async (
    planned: Awaited<ReturnType<typeof makePlan>>,
    more: { abortAt?: string | undefined; undo?: boolean; secrets?: Secrets },
  ): Promise<Ran> => {
    const events: Event[] = []
    const stop = new AbortController()
    const result = await carryOut({
      planned,
      world: there,
      signal: stop.signal,
      onEvent(event) {
        events.push(event)
        if (event.type === 'step.started' && event.id === more.abortAt) stop.abort()
      },
      rehearsal: { run: tool, ops: {}, limitCapMs: rehearsal.limitCapMs },
      ...(more.undo ? { undo: true } : {}),
      ...(more.secrets ? { secrets: more.secrets } : {}),
    })
    const acted = events.flatMap(event => (event.type === 'step.done' ? [event.id] : []))
    return { ...result, events, plan: planned.plan, acted }
  }
  const kubectl: FelderaFlow['kubectl'] = async (words, stdin) => {
    const argv = ['kubectl', '--context', 'lab', '--namespace', 'feldera', ...words] as const
    const more = stdin === undefined ? {} : { stdin: JSON.stringify(stdin) }
    const result = await rehearsal.run({ argv: [...argv], limitMs: 1000, ...more })
    return result.stdout
  }
  const helm = async (...words: string[]) =>
    (await rehearsal.run({ argv: ['helm', ...words], limitMs: 1000 })).stdout
  const through: FelderaFlow['through'] = async (name, use) => {
    const place = { context: 'lab', namespace: 'feldera' }
    const signal = AbortSignal.timeout(10_000)
    const calling = { run: rehearsal.run, signal, userFolder: folder }
    const { pods } = await readNamespace(place, calling)
    const pod = pods.find(({ metadata }) => metadata.name.startsWith(name))?.metadata.name ?? ''
    return withForwards(place, [{ pod, port: 8080 }], calling, ([port = 0]) => use(port))
  }
  return {
    folder,
    world: there,
    calls,
    words: () => calls.map(({ argv }) => argv.join(' ')),
    async run(verb, { text: yaml = first, bringBack = false, abortAt, typed } = {}) {
      const answered = load(yaml)
      const secrets = { ...(await secretsOf(answered)), ...typed }
      const planned = await makePlan({ verb, answered, target, world: there, bringBack, secrets })
      return carry(planned, { abortAt, secrets })
    },
    async resume({ undo = false } = {}) {
      const unfinished = await unfinishedOf('prod', there)
      if (!unfinished) throw new Error('nothing is unfinished')
      return carry(takeUp(unfinished, target, there), { undo })
    },
    breakTool(by) {
      wrong = by
    },
    breakApi(by) {
      wrongApi = by
    },
    async ask(method, path) {
      const url = `https://localhost:8080${path}`
      const { body } = await rehearsal.world.api({ url, method, timeoutMs: 1_000 })
      return JSON.parse(body)
    },
    kubectl,
    helm,
    async secrets() {
      const lines = (await kubectl(['get', 'secrets'])).trim().split('\n').filter(Boolean)
      return lines.map(line => line.split(' ')[1] ?? '').sort()
    },
    secret: async name => JSON.parse(await kubectl(['get', 'secret', name])) as KubeObject,
    values: async () => JSON.parse(await helm('status', 'feldera', '--output', 'json')).config,
    pipelineRuns: async () => (await kubectl(['get', 'all'])).includes('"pipeline-'),
    async current() {
      const generation = await currentGeneration(paths)
      const meta = generation === undefined ? undefined : await readGeneration(paths, generation)
      const record = await readEndpoint(paths)
      return { generation, leaf: meta?.leaf?.fingerprint ?? '', https: record?.https }
    },
    leafServed: name =>
      through(name, async port => {
        const at = { host: '127.0.0.1', port, name: 'localhost', roots: [], timeoutMs: 5_000 }
        const { chain } = await handshake(at)
        return chain[0] ? new X509Certificate(chain[0]).fingerprint256 : ''
      }),
    through,
    async status() {
      const signal = AbortSignal.timeout(20_000)
      const reach = <T>(use: (servers: Server[]) => Promise<T>) =>
        target.reach?.(load(first), { world: there, run: tool, signal }, use) as Promise<T>
      return lookAtEndpoint('prod', there, signal, {
        ...(await waysOf('prod', there, signal)),
        reach,
      })
    },
    journal: () => readFileSync(paths.journal, 'utf8'),
    close: () => rehearsal.close(),
  }
}

/** A flow that ends with its test. */
export async function flowOf(yaml = text()): Promise<FelderaFlow> {
  const flow = await createFelderaFlow(createScratch(onTestFinished), yaml)
  onTestFinished(() => flow.close())
  return flow
}

/** What a command says and ends with, in the world of a flow; its blanks are one each. */
export async function said(flow: FelderaFlow, command: (io: Io) => Promise<number>) {
  let out = ''
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      out += chunk
      done()
    },
  })
  const io = {
    world: { ...flow.world, which: async (name: string) => `/usr/bin/${name}` },
    ...{ stdout, stderr: stdout, glyphs: chooseGlyphs({}, true), meet: 'none' },
    ...{ colour: { out: false, err: false }, signal: new AbortController().signal },
  } as unknown as Io
  const exit = await command(io)
  return { exit, out: out.replace(/\s+/g, ' ') }
}
