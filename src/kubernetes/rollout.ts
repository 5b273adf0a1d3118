import { exitCodes } from '../exit-codes.ts'
import type { Standing } from '../plan/events.ts'
import { cappedMs } from '../plan/limit.ts'
import type { Op, Performing } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { quoteCommand } from '../process/quote.ts'
import { awayWords } from './away.ts'
import { kubectl } from './kubectl.ts'
import { type Namespace, nameOf, recentNamespace, workloadNamed } from './namespace.ts'
import { kubectlArgv, type Place, placeOf, shellPlace } from './place.ts'
import { readDetails } from './pod-words.ts'
import { kubernetesFinding } from './problems.ts'
import { judgeRollout, passing, type RolloutState } from './rollout-state.ts'
import { watchNamespace } from './watch.ts'

/** Milliseconds between two readings of events and logs of pods that are stuck. */
const detailsMs = 8_000
/** After so many milliseconds what every pod goes through on its way has become worth a look. */
const usualMs = 5_000

/**
 * Waits until the workloads run with the newest template in all replicas: `{place, workloads, waitMs}`.
 * It watches; what pods say of themselves (pulls, CrashLoops with their last lines, events) is shown.
 *
 * @throws Problem with exit 1 and the pods' own words at the limit
 */
export const rolloutOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const place = placeOf(input.place)
    const workloads = (input.workloads as string[]).map(String)
    // what waited for the change has mostly waited for the rollout, too: one look tells
    const now = await recentNamespace(place, ctx).catch(() => undefined)
    const already = now && judgeRollout(workloads, now)
    if (already?.done) return { done: true, seen: already.seen }
    const following = followRollout(place, workloads, ctx)
    const limitMs = cappedMs(Number(input.waitMs), ctx)
    try {
      const state = await following.until(limitMs)
      if (state.done) return { done: true, seen: state.seen }
      throw rolloutProblem(place, state, following.details())
    } finally {
      await following.close()
    }
  },
  printed: ({ place, workloads }, show) =>
    (workloads as unknown[]).map(each =>
      quoteCommand(kubectlArgv(placeOf(place as Json), 'rollout', 'status', show(each))),
    ),
  shell: ({ place, workloads, waitMs }, sh) => [
    `kube_rollout ${shellPlace(place, sh)} ${Math.ceil(Number(waitMs) / 1000)} ${(workloads as unknown[]).map(sh.word).join(' ')}`,
  ],
}

/** What is seen of a rollout while somebody waits for it, or for the tool that waits for it. */
export interface Following {
  /** Resolves when the rollout is done, or the time or `stop` is over, with the last state. */
  until(limitMs: number, stop?: Promise<unknown>): Promise<RolloutState>
  /** Says what is seen until something else has ended, well or not. */
  during(other: Promise<unknown>): Promise<void>
  /** What the stuck pods' events and logs said, as they were last read. */
  details(): string[]
  /** What the pods said when they were worst: what goes back by itself is well again at the end. */
  worst(): string[]
  /** Whether the API server was away at any time. */
  wasAway(): boolean
  close(): Promise<void>
}

/**
 * Follows some workloads by watches and says each change of what is seen.
 *
 * @param release a Helm release whose other workloads are followed, too: helm waits for all of them
 * @param onDone told once, when all have been rolled out, each of the workloads with a template newer than at first
 */
export function followRollout(
  place: Place,
  workloads: readonly string[],
  ctx: Performing,
  { release, onDone }: { release?: string; onDone?: () => void } = {},
): Following {
  const { clock } = ctx.world
  const watching = watchNamespace(place, { ...ctx, clock })
  let state: RolloutState = {
    done: false,
    missing: [],
    waiting: [],
    refused: false,
    stuck: [],
    held: [],
    seen: '',
    rows: [],
  }
  let details: string[] = []
  let worst: string[] = []
  let worstDetails = 0
  let wasBad = false
  let said = ''
  // what is not changed yet is rolled out, too: that says nothing of what is waited for
  let began = false
  const areChanged = watchGenerations(workloads)
  let told = false
  let wasAway = false
  let passingSince: number | undefined
  let readFor = ''
  let readAt = Number.NEGATIVE_INFINITY
  const away = awayWords(place)
  const removed = new Set<string>()
  const letGo = async (pods: readonly string[]) => {
    for (const pod of pods.filter(each => !removed.has(each))) {
      removed.add(pod)
      ctx.say(`removes pod ${pod}: its stateful set would wait for it for good`)
      await kubectl(place, ['delete', 'pod', pod, '--ignore-not-found', '--wait=false'], ctx)
    }
  }
  let closed = false
  const look = async () => {
    if (closed) return
    if (watching.away()) {
      wasAway = true
      if (said !== away) ctx.say(away)
      said = away
      return
    }
    const namespace = watching.now()
    if (!namespace) return
    const changed = areChanged(namespace)
    state = judgeRollout([...new Set([...workloads, ...ofRelease(release, namespace)])], namespace)
    if (state.missing.length > 0 && !watching.isWhole()) return
    const reasons = state.stuck.map(({ reason }) => reason).join()
    const bad = state.refused || state.stuck.some(({ reason }) => !passing.includes(reason))
    passingSince = reasons === '' ? undefined : (passingSince ?? clock.elapsed())
    const isLong = passingSince !== undefined && clock.elapsed() - passingSince > usualMs
    const isNew = reasons !== readFor || clock.elapsed() - readAt > detailsMs
    if (reasons !== '' && (bad || isLong) && isNew) {
      readAt = clock.elapsed()
      readFor = reasons
      details = await readDetails(place, state.stuck, ctx)
    }
    wasBad ||= bad
    // once pods have failed, what others wait for on the way back says nothing of why
    const isTelling = bad || (!wasBad && details.length > 0 && !state.done)
    // a pod that is on its way out has no log any more
    if (isTelling && details.length >= worstDetails) {
      worst = [...state.waiting, ...details]
      worstDetails = details.length
    }
    await letGo(state.held)
    if (state.done && !began) return
    began = true
    if (changed && state.done && !told) {
      told = true
      onDone?.()
    }
    const seen = [state.seen, ...(state.done ? [] : details.slice(-1))].join(' | ')
    if (seen !== said) ctx.say(seen, { standing: standingOf(state, details) })
    said = seen
  }
  return {
    async until(limitMs, stop) {
      let began = clock.elapsed()
      let over = false
      let awaySince: number | undefined
      const mark = () => {
        over = true
      }
      stop?.then(mark, mark)
      for (;;) {
        await look()
        // nothing rolls out while the API server is away: that time does not count
        if (watching.away()) awaySince ??= clock.elapsed()
        else if (awaySince !== undefined) {
          began += clock.elapsed() - awaySince
          awaySince = undefined
        }
        const left = limitMs - ((awaySince ?? clock.elapsed()) - began)
        if (state.done || left <= 0 || over) return state
        const changed = watching.changed(Math.min(left, 2_000))
        await Promise.race([changed, ...(stop ? [stop.catch(mark)] : [])])
      }
    },
    async during(other) {
      let over = false
      const ended = other.then(
        () => {
          over = true
        },
        () => {
          over = true
        },
      )
      // a watch that fails says nothing of what is waited for
      while (!over)
        await Promise.race([watching.changed(2_000).then(look), ended]).catch(() => ended)
    },
    details: () => details,
    worst: () => worst,
    wasAway: () => wasAway,
    async close() {
      closed = true
      await watching.close()
    },
  }
}

/** Tells whether all of these have another generation than when they were first seen. */
function watchGenerations(names: readonly string[]): (namespace: Namespace) => boolean {
  const first = new Map<string, number | undefined>()
  return namespace => {
    // each is seen at every look: several may change at once
    const changed = names.map(name => {
      const generation = workloadNamed(namespace, name)?.metadata.generation
      if (!first.has(name) && generation !== undefined) first.set(name, generation)
      return first.get(name) !== generation
    })
    return changed.every(Boolean)
  }
}

/** Workload by workload where it stands, and what the worst pod said last. */
function standingOf({ rows, done }: RolloutState, details: readonly string[]): Standing {
  const says = done ? undefined : details.at(-1)
  return {
    head: ['workload', 'pods', 'now'],
    rows: rows.map(row => ({
      state: row.done ? 'done' : row.wrong ? 'wrong' : 'runs',
      cells: [
        row.name.replace('deployment/', 'deploy/').replace('statefulset/', 'sts/'),
        row.pods,
        row.now,
      ],
    })),
    ...(says === undefined ? {} : { says }),
  }
}

/** The workloads that carry helm's own mark. */
function ofRelease(release: string | undefined, { workloads }: Namespace): string[] {
  if (release === undefined) return []
  return workloads
    .filter(({ metadata }) => metadata.annotations?.['meta.helm.sh/release-name'] === release)
    .map(nameOf)
}

/** A rollout that does not end, with the pods' own words. */
export function rolloutProblem(place: Place, state: RolloutState, details: readonly string[]) {
  const [first] = state.stuck
  const words = first
    ? kubectlArgv(place, 'describe', 'pod', first.pod)
    : kubectlArgv(place, 'get', 'pods,events')
  return kubernetesFinding('kube.rollout', exitCodes.failed, {
    subject: place.namespace,
    evidence: [...state.waiting, ...details].join('\n').slice(0, 2000),
    fix: `Put right what they say; see more: ${quoteCommand(words)}`,
  })
}
