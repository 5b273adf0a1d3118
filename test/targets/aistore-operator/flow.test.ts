import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import type { KubeObject } from '../../../src/kubernetes/kubectl.ts'
import type { Event } from '../../../src/plan/events.ts'
import type { Verb } from '../../../src/plan/plan.ts'
import { shellScript } from '../../../src/plan/shell/script.ts'
import type { RunTool, ToolCall } from '../../../src/process/tool.ts'
import { startRehearsal } from '../../../src/rehearsal/rehearse.ts'
import { carryOut } from '../../../src/road/carry-out.ts'
import { makePlan } from '../../../src/road/make-plan.ts'
import { aistoreOperator } from '../../../src/targets/aistore-operator/index.ts'
import { refusedField } from '../../../src/targets/aistore-operator/resource.ts'
import type { Target } from '../../../src/targets/target.ts'
import { realWorld } from '../../../src/world.ts'
import { aisSchema } from '../../support/ais-crd.ts'
import { isThere } from '../../support/scratch.ts'

const target = aistoreOperator as Target
const text = (more = '') => `version: 1
endpoint: ais-k8s
domain: ais-proxy.ais.svc.cluster.local
certificate: {source: self-signed, authority: local}
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
async function flowOf(answersText = text()) {
  const never: RunTool = async call => {
    throw new Error(`${call.argv[0]} must not be called for real`)
  }
  const world = { ...realWorld(never), run: never, which: async (tool: string) => `/bin/${tool}` }
  const options = { name: 'a.yaml', folder: '/' }
  const answered = loadAnswers(answersText, questionsFor([target]), options)
  const rehearsal = await startRehearsal({ answers: answered.answers, target, world })
  onTestFinished(() => rehearsal.close())
  const calls: ToolCall[] = []
  let wrong: ((words: string) => { exit: number; stderr: string } | undefined) | undefined
  const run: RunTool = async call => {
    const none = { argv: call.argv, stdout: '', stderr: '', tookMs: 0 }
    // the built-in probe does curl's work: it needs no process
    if (call.argv[0] === 'curl') return { ...none, outcome: 'missing' }
    calls.push(call)
    const said = wrong?.(call.argv.join(' '))
    return said ? { ...none, outcome: 'ended', ...said } : rehearsal.run(call)
  }
  const own = { ...rehearsal.world, run }
  const state = join(own.stateFolder, 'endpoints/ais-k8s')
  const planned = (verb: Verb, bringBack = false) =>
    makePlan({ verb, answered, target, world: own, bringBack, secrets: {} })
  const kubectl = async (...words: string[]) => {
    const base = { limitMs: 5_000, signal: AbortSignal.timeout(5_000), cwd: '/' }
    const { stdout } = await rehearsal.run({ argv: ['kubectl', ...words], ...base })
    return JSON.parse(stdout) as KubeObject
  }
  return {
    calls,
    kubectl,
    breakTool(by: typeof wrong) {
      wrong = by
    },
    script: async (verb: Verb) => shellScript(await planned(verb), own),
    async go(verb: Verb, bringBack = false) {
      const events: Event[] = []
      const { outcome, exit } = await carryOut({
        planned: await planned(verb, bringBack),
        world: own,
        signal: AbortSignal.timeout(60_000),
        onEvent: event => events.push(event),
        rehearsal: { ...rehearsal, run },
      })
      const acted = events.flatMap(each => (each.type === 'step.done' ? [each.id] : []))
      return { outcome, exit, acted }
    },
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

type Flow = Awaited<ReturnType<typeof flowOf>>
const specOf = async (flow: Flow) =>
  (await flow.kubectl('get', 'aistores.ais.nvidia.com', 'ais')).spec
const patches = ({ calls }: Flow) =>
  calls
    .filter(({ argv }) => argv.includes('patch'))
    .map(({ argv }) => JSON.parse(argv.at(-1) ?? ''))

/** An API server drops a field that a schema does not know: here it is an error. */
function strictly(schema: unknown): object {
  if (Array.isArray(schema)) return schema.map(strictly)
  if (typeof schema !== 'object' || schema === null) return schema as unknown as object
  const inner = Object.entries(schema).map(([key, value]) => [key, strictly(value)])
  const closed = 'properties' in schema && 'type' in schema ? { additionalProperties: false } : {}
  return { ...Object.fromEntries(inner), ...closed }
}

describe('AIStore that the operator runs', () => {
  it('goes to HTTPS by Secret and resource: spec.tls alone would leave it on HTTP', async () => {
    const flow = await flowOf()
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done', exit: 0 })
    expect(await specOf(flow)).toMatchObject({
      tls: { secretName: 'ais-tls' },
      configToUpdate: { net: { http: { use_https: true, skip_verify: false } } },
      proxySpec: { size: 1 },
    })
    expect(await flow.secretLeaf()).toBe(flow.leaf())
  })

  it('always has a ca.crt in the Secret: the operator has each node read one at its start', async () => {
    const options = { name: 'a.yaml', folder: '/' }
    const { answers } = loadAnswers(text(), questionsFor([target]), options)
    const tls = {
      secretName: '',
      certificate: false,
      useHttps: false,
      ports: { proxy: 1, target: 2 },
    }
    const wanted = { present: { server: '', tls }, kept: '/kept', generation: 1, newRoot: true }
    const filesOf = (privateRoot: boolean) => {
      const steps = aistoreOperator.enable({ ...wanted, answers, privateRoot })
      const act = steps.find(({ id }) => id === 'change.secret')?.act
      return act && 'input' in act ? act.input.files : undefined
    }
    expect(filesOf(true)).toMatchObject({ 'ca.crt': { kept: 'roots.pem' } })
    expect(filesOf(false)).toMatchObject({ 'ca.crt': { kept: 'chain.pem' } })
  })

  it('has the key on stdin alone', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const withKey = flow.calls.filter(({ stdin }) => stdin?.includes('tls.key'))
    expect(withKey).toHaveLength(1)
    expect(flow.calls.filter(({ argv }) => argv.join(' ').includes('PRIVATE KEY'))).toEqual([])
  })

  it('is rotated by the Secret and a load: the resource stays, and no pod restarts', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const before = flow.leaf()
    flow.calls.length = 0
    const rotated = await flow.go('rotate')
    expect(rotated).toMatchObject({ outcome: 'done' })
    expect(rotated.acted).toContain('change.load')
    expect(patches(flow)).toEqual([])
    expect([flow.leaf() === before, await flow.secretLeaf()]).toEqual([false, flow.leaf()])
    expect(await flow.go('rotate', true)).toMatchObject({ outcome: 'done' })
    expect([flow.leaf(), await flow.secretLeaf()]).toEqual([before, before])
  })

  it('goes back to HTTP, and can be enabled again', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    expect(await flow.go('disable')).toMatchObject({ outcome: 'done' })
    const spec = await specOf(flow)
    expect([spec.tls, spec.configToUpdate.net.http]).toEqual([undefined, { use_https: false }])
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
  })

  it('is taken back where the operator refuses the change', async () => {
    const flow = await flowOf()
    flow.breakTool(words =>
      words.includes('"secretName":"ais-tls"')
        ? { exit: 1, stderr: 'Error from server: admission webhook denied the request' }
        : undefined,
    )
    expect((await flow.go('enable')).outcome).not.toBe('done')
    flow.breakTool(undefined)
    expect((await specOf(flow)).tls).toBe(undefined)
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
  })

  it('renders what the schema of the operator takes, with no field that it does not know', async () => {
    const flow = await flowOf()
    const takes = new Ajv({ strict: false }).compile(strictly(aisSchema))
    const found = (spec: unknown) => {
      takes({ spec })
      return takes.errors ?? []
    }
    await flow.go('enable')
    expect(found(await specOf(flow))).toEqual([])
    await flow.go('disable')
    expect(found(await specOf(flow))).toEqual([])
    expect(patches(flow)).toHaveLength(2)
    expect(found({ tlsSecretName: 'x' })).not.toEqual([])
    expect(found({ configToUpdate: { net: { http: { server_crt: '/x' } } } })).not.toEqual([])
  })

  it('AIS-15 fields that the operator refuses are named before anything is changed', () => {
    const object = (spec: object) => ({ kind: 'AIStore', metadata: { name: 'ais' }, spec })
    expect(refusedField(object({ tlsSecretName: 'x' }))).toBe('tlsSecretName')
    const http = { server_crt: '/etc/x.crt' }
    expect(refusedField(object({ configToUpdate: { net: { http } } }))).toBe(
      'configToUpdate.net.http.server_crt',
    )
    expect(refusedField(object({ tls: { secretName: 'x' } }))).toBe(undefined)
  })

  it('writes scripts in which shellcheck finds nothing', async context => {
    if (!isThere('shellcheck')) return context.skip('no shellcheck here')
    const flow = await flowOf()
    const check = async (verb: Verb) => {
      const input = await flow.script(verb)
      return spawnSync('shellcheck', ['-'], { input, encoding: 'utf8' }).stdout
    }
    expect(await check('enable')).toBe('')
    await flow.go('enable')
    expect([await check('rotate'), await check('disable')]).toEqual(['', ''])
  })
})
