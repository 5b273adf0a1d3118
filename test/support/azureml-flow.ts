import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import { doctor } from '../../src/commands/doctor.ts'
import type { Io } from '../../src/commands/io.ts'
import { verify } from '../../src/commands/verify.ts'
import { waysOf } from '../../src/commands/ways.ts'
import type { Finding } from '../../src/findings.ts'
import type { KubeObject } from '../../src/kubernetes/kubectl.ts'
import type { Event, ProofResult } from '../../src/plan/events.ts'
import type { Json, Verb } from '../../src/plan/plan.ts'
import type { RunTool, ToolCall } from '../../src/process/tool.ts'
import type { StageFault } from '../../src/rehearsal/faults.ts'
import { startRehearsal } from '../../src/rehearsal/rehearse.ts'
import { carryOut } from '../../src/road/carry-out.ts'
import { makePlan, type Planned } from '../../src/road/make-plan.ts'
import { takeUp, unfinishedOf } from '../../src/road/resume.ts'
import type { EndpointStatus } from '../../src/status/endpoint-status.ts'
import { lookAtEndpoint } from '../../src/status/look.ts'
import { azureml } from '../../src/targets/azureml/index.ts'
import type { Target } from '../../src/targets/target.ts'
import { realWorld, type World } from '../../src/world.ts'

/** Stands between the product and the stage: what it gives back is said instead of the stage. */
export type Between = (
  words: string,
  stage: () => ReturnType<RunTool>,
  call: ToolCall,
) => ReturnType<RunTool>

export interface Flow {
  /** Makes a plan for a verb and carries it out; events of this run. */
  go(
    verb: Verb,
    more?: { bringBack?: boolean; between?: Between; onEvent?: (event: Event) => void },
  ): Promise<Went>
  /** Takes an unfinished run up. */
  resume(): Promise<Went>
  /** Removes the record: what is served is somebody else's from then on. */
  forget(): void
  /** Other answers from here on. */
  answer(text: string): void
  /** az's words that change something, of all runs so far. */
  changes(): string[]
  /** Every call of a tool so far, as words. */
  words(): string[]
  /** kubectl on the stage, past the product; what it says. */
  kubectl(words: string[], stdin?: unknown): Promise<string>
  /** The Ingress of the endpoint's name, as it can be written; undefined where there is none. */
  ingress(): Promise<{ metadata: KubeObject['metadata']; spec: Json } | undefined>
  /** What the current generation's leaf is. */
  leaf(): string
  /** What `status` sees. */
  status(between?: Between): Promise<EndpointStatus>
  /** What `verify` prints as JSON, and its exit code. */
  verify(between?: Between): Promise<{ exit: number; probes: ProofResult[] }>
  /** What `doctor` prints as JSON, and its exit code. */
  doctor(
    between?: Between,
  ): Promise<{ exit: number; checks: { id: string; passed: boolean }[]; findings: Finding[] }>
  close(): Promise<void>
}

interface Went {
  exit: number
  outcome: string
  events: Event[]
  /** `type id` of steps and the ids of probes that did not pass. */
  failed: string[]
}

const target = azureml as Target

export const usualAnswers = (more = '') => `version: 1
endpoint: ml
domain: ml.lab.test
certificate: {source: self-signed, authority: local, keyType: ecdsa-p256}
target:
  kind: azureml
  subscription: 00000000-0000-4000-8000-000000000001
  resourceGroup: rg1
  cluster: aks1
  clusterType: aks
  context: aks1
${more}
dns: {how: none}
proof: {wait: 2s}
`

/** The whole road against the stage that stands for Azure and its cluster, over several runs. */
export async function azuremlFlow(text: string, fault?: StageFault): Promise<Flow> {
  const never: RunTool = async call => {
    throw new Error(`${call.argv[0]} must not be called for real`)
  }
  const questions = questionsFor([target])
  let answered = loadAnswers(text, questions, { name: 'a.yaml', folder: '/' })
  const world = { ...realWorld(never), run: never }
  const rehearsal = await startRehearsal({
    answers: answered.answers,
    target,
    world,
    ...(fault ? { fault } : {}),
  })
  const changes: string[] = []
  const said: string[] = []
  const kubectl: Flow['kubectl'] = async (words, stdin) => {
    const argv = ['kubectl', '--context', 'aks1', '--namespace', 'azureml', ...words] as const
    const more = stdin === undefined ? {} : { stdin: JSON.stringify(stdin) }
    return (await rehearsal.run({ argv: [...argv], limitMs: 1_000, ...more })).stdout
  }
  const worldWith = (between?: Between): World => ({
    ...rehearsal.world,
    run(call) {
      const words = call.argv.join(' ')
      said.push(words)
      const stage = () => (call.argv[0] === 'curl' ? curlMissing(call) : rehearsal.run(call))
      return between ? between(words, stage, call) : stage()
    },
  })
  const changing = (between?: Between) =>
    worldWith((words, stage, call) => {
      if (/^az k8s-extension (create|update|delete)/.test(words)) changes.push(words)
      return between ? between(words, stage, call) : stage()
    })
  const carry = async (
    planned: Planned,
    world: World,
    onEvent?: (event: Event) => void,
  ): Promise<Went> => {
    const events: Event[] = []
    const { outcome, exit } = await carryOut({
      planned,
      world,
      signal: new AbortController().signal,
      onEvent(event) {
        events.push(event)
        onEvent?.(event)
      },
      rehearsal: { ...rehearsal, run: world.run },
    })
    return { exit, outcome, events, failed: events.flatMap(failedOf) }
  }
  const printed = async <T>(
    between: Between | undefined,
    command: (io: Io) => Promise<number>,
  ): Promise<T> => {
    let text = ''
    const write = (more: string) => {
      text += more
      return true
    }
    const out = { write } as unknown as NodeJS.WriteStream
    const { signal } = new AbortController()
    const io = { world: worldWith(between), signal, stdout: out, stderr: out } as Io
    const exit = await command(io)
    return { exit, ...JSON.parse(text) }
  }
  const state = join(rehearsal.world.stateFolder, 'endpoints/ml')
  return {
    answer(other) {
      answered = loadAnswers(other, questions, { name: 'a.yaml', folder: '/' })
    },
    forget: () => rmSync(state, { recursive: true, force: true }),
    changes: () => changes,
    words: () => said,
    kubectl,
    async ingress() {
      const text = await kubectl(['get', 'ingress', 'ml', '-o', 'json'])
      if (text === '') return undefined
      const { metadata, spec } = JSON.parse(text) as KubeObject
      const { ports: _ofStage, ...written } = spec
      return { metadata, spec: written }
    },
    leaf() {
      const current = readFileSync(join(state, 'current'), 'utf8').trim()
      const meta = readFileSync(join(state, 'generations', current, 'meta.json'), 'utf8')
      return JSON.parse(meta).leaf.fingerprint
    },
    async go(verb, { bringBack = false, between, onEvent } = {}) {
      const world = changing(between)
      const planned = await makePlan({ verb, answered, target, world, bringBack, secrets: {} })
      return carry(planned, world, onEvent)
    },
    async resume() {
      const world = changing()
      const unfinished = await unfinishedOf('ml', world)
      if (!unfinished) throw new Error('nothing is unfinished')
      return carry(takeUp(unfinished, target, world), world)
    },
    status(between) {
      const own = worldWith(between)
      const { signal } = new AbortController()
      return waysOf('ml', own, signal).then(({ reach }) =>
        lookAtEndpoint('ml', own, signal, reach ? { reach } : {}),
      )
    },
    verify: between => printed(between, io => verify('ml', { json: true }, io)),
    doctor: between => printed(between, io => doctor('ml', { json: true }, io)),
    close: () => rehearsal.close(),
  }
}

/** The built-in probe does its work: it needs no process. */
const curlMissing: RunTool = async ({ argv }) => ({
  argv,
  outcome: 'missing',
  stdout: '',
  stderr: '',
  tookMs: 0,
})

function failedOf(event: Event): string[] {
  if (event.type === 'step.failed') return [event.id, ...event.findings.map(({ id }) => id)]
  return event.type === 'proof' && event.state === 'fail' ? [event.id] : []
}
