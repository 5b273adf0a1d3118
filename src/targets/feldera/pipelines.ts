import { readFile, rm } from 'node:fs/promises'
import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { openAhead } from '../../kubernetes/forward.ts'
import { type Place, placeOf, shellPlace } from '../../kubernetes/place.ts'
import { readWarnings } from '../../kubernetes/pod-words.ts'
import { isUnreachable } from '../../kubernetes/problems.ts'
import { reachAhead } from '../../kubernetes/reach-ahead.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, OpTable, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { forget } from '../../plan/recent.ts'
import { codeOf, writeFileAtomic } from '../../record/write.ts'
import { type Api, type ApiResult, withApis } from './api.ts'
import { podOfPipeline, servedBy } from './components.ts'
import { felderaFindings } from './findings.ts'
import { apiProblem, listPipelines, type Pipeline, running } from './list.ts'
import type { RunningPipeline } from './present.ts'
import { rootsOfEndpoint } from './trust.ts'

type Input = Record<string, Json>

/** Milliseconds between two looks at a pipeline: at first, and later. A look is a small answer of the API. */
const soonMs = 200
const laterMs = 1_000
/** How long it is looked at often, and how long a pipeline may take to start. Milliseconds. */
const oftenMs = 15_000
const startMs = 300_000

/**
 * Stops all pipelines that run, and keeps in `file` which they were: `{place, how, file, waitMs}`. What an earlier, killed run has stopped stays in the file.
 */
const stop: Op = {
  changes: true,
  changesOnly: 'kubernetes',
  async run(input: Input, ctx): Promise<Json> {
    const force = input.how === 'force'
    const { file } = input
    await usingApis(input, ctx, async api => {
      const there = await listPipelines(api)
      const now = running(there)
      const before = await readRan(String(file))
      const all = [...before, ...now.filter(({ id }) => !before.some(each => each.id === id))]
      await writeFileAtomic(String(file), `${JSON.stringify(all)}\n`)
      for (const { name } of now) await stopOne(api, name, force, ctx)
      await settled(
        placeOf(input.place),
        api,
        there,
        ({ status }) => status === 'Stopped',
        'stops',
        Number(input.waitMs),
        ctx,
      )
    })
    const names = (await readRan(String(file))).map(({ name }) => name)
    return { ran: names, seen: names.length === 0 ? 'none runs' : `${names.join(', ')} stopped` }
  },
  printed: ({ how }) => [
    `POST /v0/pipelines/NAME/stop?force=${how === 'force'} for each that runs; waits until it is Stopped`,
  ],
  shell: ({ place, how, file, waitMs }, sh) => [
    `feldera_stop ${shellPlace(place, sh)} ${[how, file, Math.ceil(Number(waitMs) / 1000)].map(sh.word).join(' ')}`,
  ],
}

/** Starts exactly those that `stop` has kept in its file, each as it ran: `{place, file}`. */
const start: Op = {
  changes: true,
  changesOnly: 'kubernetes',
  async run(input: Input, ctx): Promise<Json> {
    const wanted = await readRan(String(input.file))
    if (wanted.length === 0) return { started: [], seen: 'none ran' }
    await usingApis(input, ctx, async api => {
      const all = await listPipelines(api)
      const there = wanted.filter(({ id }) => all.some(each => each.id === id))
      for (const each of there) {
        if (all.find(({ id }) => id === each.id)?.status !== 'Stopped') continue
        const path = `/v0/pipelines/${encodeURIComponent(each.name)}/start?initial=${each.initial}`
        const result = await api.post(path)
        if (result.status !== 202) throw pipelineProblem(each.name, 'starts', result.seen)
      }
      const place = placeOf(input.place)
      // while they start, the ways to what is proven next are opened
      const reaching = reachAhead(place, [...servedBy], ctx)
      await settled(place, api, there, isBack(there), 'starts', startMs, ctx).finally(
        () => reaching,
      )
      openAhead(place, there.map(podOfPipeline), ctx)
    })
    await rm(String(input.file), { force: true })
    const names = wanted.map(({ name }) => name)
    return { started: names, seen: `${names.join(', ')} run again` }
  },
  printed: ({ file }, show) => [
    `POST /v0/pipelines/NAME/start?initial=… for each in ${show(file)}; waits until it runs as before`,
  ],
  shell: ({ place, file }, sh) => [`feldera_start ${shellPlace(place, sh)} ${sh.word(file)}`],
}

/**
 * Waits until the components reach each other, as the API server says: `{place, waitMs}`. It
 * refreshes what it says every 10 s (openapi.json 0.337).
 */
const healthy: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const { clock } = ctx.world
    const waitMs = cappedMs(Number(input.waitMs), ctx)
    const began = clock.elapsed()
    for (;;) {
      const [result] = await usingApis(input, ctx, api => api.get('/v0/cluster_healthz')).catch(
        error => {
          if (!(error instanceof Problem) || isUnreachable(error)) throw error
          return []
        },
      )
      const seen = healthWords(result)
      if (result?.status === 200 && isHealthy(result.json))
        return { healthy: true, seen: 'all healthy' }
      if (clock.elapsed() - began >= waitMs) throw unhealthy(seen)
      ctx.say(seen)
      await clock.sleep(2_000, ctx.signal)
      forget(ctx.recent, 'kubernetes') // its pod may be another one now
    }
  },
  printed: () => ['GET /v0/cluster_healthz until all_healthy'],
  shell: ({ place, waitMs }, sh) => [
    `feldera_healthy ${shellPlace(place, sh)} ${Math.ceil(Number(waitMs) / 1000)}`,
  ],
}

/** Uses the API, as each tenant that a key is known of, with what the endpoint may be trusted by. */
async function usingApis<T>(
  { place: at }: Input,
  ctx: Performing,
  use: (api: Api) => Promise<T>,
): Promise<T[]> {
  const place: Place = placeOf(at)
  const roots = await rootsOfEndpoint(ctx.record.paths)
  return withApis({ place, roots }, ctx.secrets, ctx, use)
}

async function stopOne(api: Api, name: string, force: boolean, ctx: Performing): Promise<void> {
  ctx.say(`stops ${name}${force ? '' : ' with a checkpoint'}`)
  const path = `/v0/pipelines/${encodeURIComponent(name)}/stop?force=${force}`
  const result = await api.post(path)
  if (result.status === 202 || result.status === 200) return
  if (result.status === 405 || result.status === 501) {
    throw new Problem(exitCodes.data, [
      finding(felderaFindings, 'feldera.no-checkpoint', {
        title: `The pipeline ${name} cannot be stopped with a checkpoint.`,
        subject: name,
        evidence: result.seen,
        fix: 'Give it storage, or put target.stop: force into the answers: what it did since its last checkpoint is lost.',
      }),
    ])
  }
  if (result.status >= 500 || result.status === 401) throw apiProblem(result)
  throw pipelineProblem(name, 'stops', result.seen)
}

/** Waits until each pipeline is as wanted. */
async function settled(
  place: Place,
  api: Api,
  which: readonly { id: string }[],
  good: (pipeline: Pipeline) => boolean,
  does: 'stops' | 'starts',
  waitMs: number,
  ctx: Performing,
): Promise<void> {
  const { clock } = ctx.world
  const limitMs = cappedMs(waitMs, ctx)
  const began = clock.elapsed()
  let said = ''
  for (;;) {
    const all = await listPipelines(api)
    const open = all
      .filter(({ id }) => which.some(each => each.id === id))
      .filter(each => !good(each))
    if (open.length === 0) return
    const seen = open.map(
      ({ name, status, error }) => `${name} ${status}${error === '' ? '' : `: ${error}`}`,
    )
    const [first] = open
    if (clock.elapsed() - began >= limitMs && first) {
      const isOwn = (name: string) => open.some(({ id }) => name.startsWith(`pipeline-${id}`))
      const why = await readWarnings(place, isOwn, ctx)
      throw pipelineProblem(first.name, does, [seen.join('; '), ...why].join('\n'))
    }
    const words = seen.join('; ')
    if (words !== said) ctx.say(words)
    said = words
    const isLate = clock.elapsed() - began > oftenMs
    await clock.sleep(isLate ? laterMs : soonMs, ctx.signal)
  }
}

function isBack(which: readonly RunningPipeline[]): (pipeline: Pipeline) => boolean {
  const states = { running: 'Running', paused: 'Paused', standby: 'Standby' }
  return ({ id, status }) => {
    const wanted = which.find(each => each.id === id)
    return wanted !== undefined && status === states[wanted.initial]
  }
}

async function readRan(file: string): Promise<RunningPipeline[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as RunningPipeline[]
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

function isHealthy(json: Json): boolean {
  return (
    json !== null && typeof json === 'object' && !Array.isArray(json) && json.all_healthy === true
  )
}

/** The parts that are not well, with the words of the component that asked them. */
function healthWords(result: ApiResult | undefined): string {
  if (!result) return 'the API server of Feldera does not answer'
  if (result.json === null || typeof result.json !== 'object' || Array.isArray(result.json))
    return result.seen
  const parts = Object.entries(result.json).flatMap(([part, state]) => {
    const { healthy: well, message } = (state ?? {}) as { healthy?: boolean; message?: string }
    return well === false ? [`${part}: ${message ?? 'not healthy'}`] : []
  })
  return parts.length === 0 ? result.seen : parts.join('; ').slice(0, 600)
}

function unhealthy(evidence: string): Problem {
  return new Problem(exitCodes.failed, [
    finding(felderaFindings, 'feldera.unhealthy', {
      subject: 'cluster_healthz',
      evidence,
      fix: 'UnknownIssuer: the chain must end with the root. CaUsedAsEndEntity: the leaf must be CA:FALSE. NotValidForName: the leaf must cover *.NAMESPACE.svc.cluster.local.',
    }),
  ])
}

function pipelineProblem(name: string, does: 'stops' | 'starts', evidence: string): Problem {
  return new Problem(exitCodes.failed, [
    finding(felderaFindings, 'feldera.pipeline', {
      title: `The pipeline ${name} does not ${does === 'stops' ? 'stop' : 'start again'}.`,
      subject: name,
      evidence,
      fix: `Look at it in the web console or with fda; then run the same command again.`,
    }),
  ])
}

export const pipelineOps: OpTable = {
  'feldera.stop': stop,
  'feldera.start': start,
  'feldera.healthy': healthy,
}
