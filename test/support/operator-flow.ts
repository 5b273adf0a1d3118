import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import type { Secrets } from '../../src/answers/secret.ts'
import type { KubeObject } from '../../src/kubernetes/kubectl.ts'
import { withServers } from '../../src/kubernetes/pods-proof.ts'
import { parseAddress } from '../../src/net/address.ts'
import { handshake } from '../../src/net/handshake.ts'
import { type RequestOptions, type RequestResult, request } from '../../src/net/request.ts'
import type { Event } from '../../src/plan/events.ts'
import type { Verb } from '../../src/plan/plan.ts'
import { shellScript } from '../../src/plan/shell/script.ts'
import type { RunTool, ToolCall, ToolResult } from '../../src/process/tool.ts'
import type { Server } from '../../src/proof/servers.ts'
import { readEndpoint } from '../../src/record/endpoint.ts'
import { recordPaths } from '../../src/record/paths.ts'
import { startRehearsal } from '../../src/rehearsal/rehearse.ts'
import { carryOut } from '../../src/road/carry-out.ts'
import { makePlan } from '../../src/road/make-plan.ts'
import { lookAtEndpoint } from '../../src/status/look.ts'
import { servedBy } from '../../src/targets/aistore-operator/answers.ts'
import { aistoreOperator } from '../../src/targets/aistore-operator/index.ts'
import type { Target } from '../../src/targets/target.ts'
import { realWorld, type World } from '../../src/world.ts'

export const target = aistoreOperator as Target
/** Usual answers, with some more of the target's. */
export const text = (
  more = '',
  certificate = '{source: self-signed, authority: local}',
) => `version: 1
endpoint: ais-k8s
domain: ais-proxy.ais.svc.cluster.local
certificate: ${certificate}
target:
  kind: aistore-operator
  context: lab
  namespace: ais
  resource: ais
  wait: 20s
${more}
proof: {wait: 5s}
`

/** The stage as a double of cluster and operator that lasts over several runs. */
export async function flowOf(answersText = text(), env: World['env'] = process.env) {
  const never: RunTool = async call => {
    throw new Error(`${call.argv[0]} must not be called for real`)
  }
  const world = {
    ...realWorld(never),
    env,
    run: never,
    which: async (tool: string) => `/bin/${tool}`,
  }
  const options = { name: 'a.yaml', folder: '/' }
  const load = (yaml: string) => loadAnswers(yaml, questionsFor([target]), options)
  let answered = load(answersText)
  const rehearsal = await startRehearsal({ answers: answered.answers, target, world })
  onTestFinished(() => rehearsal.close())
  const calls: ToolCall[] = []
  let wrong: ((words: string) => Partial<ToolResult> | undefined) | undefined
  const run: RunTool = async call => {
    const none = { argv: call.argv, stdout: '', stderr: '', tookMs: 0 }
    // the built-in probe does curl's work: it needs no process
    if (call.argv[0] === 'curl') return { ...none, outcome: 'missing' }
    calls.push(call)
    const said = wrong?.(call.argv.join(' '))
    return said ? { ...none, outcome: 'ended', exit: 0, ...said } : rehearsal.run(call)
  }
  let wrongApi: ((options: RequestOptions) => Partial<RequestResult> | undefined) | undefined
  let laterMs = 0
  let secrets: Secrets = {}
  let undoes = false
  const { clock, api } = rehearsal.world
  const own: World = {
    ...rehearsal.world,
    run,
    clock: { ...clock, now: () => clock.now() + laterMs },
    async api(options) {
      const said = wrongApi?.(options)
      return said ? { status: 200, headers: {}, body: '', tookMs: 0, ...said } : api(options)
    },
  }
  const state = join(own.stateFolder, 'endpoints/ais-k8s')
  const planned = (verb: Verb, bringBack = false) =>
    makePlan({ verb, answered, target, world: own, bringBack, secrets })
  const kubectl = async (...words: string[]) => {
    const base = { limitMs: 5_000, signal: AbortSignal.timeout(5_000), cwd: '/' }
    const { stdout } = await rehearsal.run({ argv: ['kubectl', ...words], ...base })
    return JSON.parse(stdout) as KubeObject
  }
  const carry = async (
    plan: Awaited<ReturnType<typeof planned>>,
    { signal = AbortSignal.timeout(60_000), onStep = (_id: string): unknown => undefined } = {},
  ) => {
    const events: Event[] = []
    undoes = false
    const { outcome, exit } = await carryOut({
      planned: plan,
      world: own,
      secrets,
      signal,
      onEvent(event) {
        events.push(event)
        if (event.type === 'step.started') onStep(event.id)
        undoes ||= event.type === 'step.failed'
      },
      rehearsal: { ...rehearsal, run },
    })
    const acted = events.flatMap(each => (each.type === 'step.done' ? [each.id] : []))
    const found = events.flatMap(each => (each.type === 'step.failed' ? each.findings : []))
    const failed = found.map(({ id }) => id)
    return { outcome, exit, acted, failed, found }
  }
  const place = { context: 'lab', namespace: 'ais' }
  const pods = <T>(look: (address: string, name: string) => Promise<T>): Promise<T[]> => {
    const ports = { proxy: 51_080, target: 51_081 }
    const calling = { run: rehearsal.run, signal: AbortSignal.timeout(10_000), userFolder: '/' }
    return withServers(place, servedBy({ resource: 'ais' }, ports), calling, servers =>
      Promise.all(servers.map(({ address, name }) => look(address, name))),
    )
  }
  return {
    calls,
    kubectl,
    /** What each pod serves: a leaf, or `http`, and the status of what it answers. */
    served: () =>
      pods(async address => {
        const at = parseAddress(address) ?? { host: '', port: 0 }
        const asked = { timeoutMs: 5_000, signal: AbortSignal.timeout(5_000) }
        const { chain } = await handshake({ ...at, ...asked, name: 'localhost', roots: [] })
        const leaf = chain[0] && new X509Certificate(chain[0])
        const url = `${leaf ? 'https' : 'http'}://${address}/v1/health`
        const roots = chain.map(each => new X509Certificate(each).toString())
        const trust = leaf ? { roots, endsAnywhere: true, name: 'localhost' } : {}
        const { status } = await request({ url, ...trust, ...asked })
        return `${leaf ? leaf.fingerprint256 : 'http'} ${status}`
      }),
    /** Changes the resource, as anybody can; what kubectl says to it. */
    patch: (spec: object) =>
      rehearsal.run({
        argv: [
          ...(['kubectl', 'patch', 'aistores.ais.nvidia.com', 'ais'] as const),
          ...['--type=merge', '-p', JSON.stringify({ spec })],
        ],
        ...{ limitMs: 5_000, signal: AbortSignal.timeout(5_000), cwd: '/' },
      }),
    /** Has the cluster load what its pods mount by now, as anybody can. */
    async load() {
      const [address] = await pods(async each => each)
      const url = `https://${address}/v1/cluster/load-x509`
      await own.clock.sleep(5_000)
      return rehearsal.world.api({ url, method: 'PUT', timeoutMs: 5_000 })
    },
    /** The pods as they run now: one that starts again is another. */
    async started() {
      const { items } = (await kubectl('get', 'pods')) as unknown as { items: KubeObject[] }
      return items.flatMap(({ kind, metadata }) => (kind === 'Pod' ? [metadata.uid] : []))
    },
    /** Other answers from here on. */
    answer(yaml: string) {
      answered = load(yaml)
    },
    /** Puts an object there, as somebody else in the cluster does. */
    async apply(object: KubeObject) {
      const argv: [string, ...string[]] = ['kubectl', 'apply', '-f', '-']
      const base = { limitMs: 5_000, signal: AbortSignal.timeout(5_000), cwd: '/' }
      await rehearsal.run({ argv, stdin: JSON.stringify(object), ...base })
    },
    async remove(kind: string, object: string) {
      const argv: [string, ...string[]] = ['kubectl', 'delete', kind, object]
      const base = { limitMs: 5_000, signal: AbortSignal.timeout(5_000), cwd: '/' }
      await rehearsal.run({ argv, ...base })
    },
    /** A file of the current generation; empty where it is not there. */
    kept(name: string) {
      const current = readFileSync(join(state, 'current'), 'utf8').trim()
      const path = join(state, 'generations', current, name)
      return existsSync(path) ? readFileSync(path, 'utf8') : ''
    },
    breakTool(by: typeof wrong) {
      wrong = by
    },
    breakApi(by: typeof wrongApi) {
      wrongApi = by
    },
    /** Whether a step of the last run has failed. */
    undoes: () => undoes,
    /** What `status` sees. */
    async status() {
      const signal = AbortSignal.timeout(20_000)
      const record = await readEndpoint(recordPaths(own.stateFolder, 'ais-k8s'))
      const calling = { world: own, run, signal, record }
      const reach = <T>(use: (servers: Server[]) => Promise<T>) =>
        target.reach?.(answered, calling, use) as Promise<T>
      const held = async () => target.held?.(answered, calling)
      return lookAtEndpoint('ais-k8s', own, signal, { reach, held })
    },
    /** What was typed, or read where the answers point. */
    give(those: Secrets) {
      secrets = those
    },
    /** Lets days pass. */
    later(days: number) {
      laterMs += days * 86_400_000
    },
    planned,
    script: async (verb: Verb) => shellScript(await planned(verb), own),
    carry,
    go: async (verb: Verb, bringBack = false) => carry(await planned(verb, bringBack)),
    leaf() {
      const current = readFileSync(join(state, 'current'), 'utf8').trim()
      const meta = readFileSync(join(state, 'generations', current, 'meta.json'), 'utf8')
      return JSON.parse(meta).leaf.fingerprint as string
    },
    async secretLeaf() {
      const secret = await kubectl('get', 'secret', 'ais-tls')
      return secret.metadata.annotations?.['secure-endpoint.dev/leaf-sha256']
    },
  }
}

export type Flow = Awaited<ReturnType<typeof flowOf>>
export const specOf = async (flow: Flow) =>
  (await flow.kubectl('get', 'aistores.ais.nvidia.com', 'ais')).spec
export const patches = ({ calls }: Flow) =>
  calls
    .filter(({ argv }) => argv.includes('patch'))
    .map(({ argv }) => JSON.parse(argv.at(-1) ?? ''))
