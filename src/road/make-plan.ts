import type { Answered } from '../answers/answers.ts'
import type { Judgement } from '../certificates/judgement.ts'
import { Problem, usage } from '../errors.ts'
import type { Finding } from '../findings.ts'
import { canonicalJson, digestOf } from '../plan/digest.ts'
import type { Plan, Step, Valued, Verb } from '../plan/plan.ts'
import type { Recent } from '../plan/recent.ts'
import { readEndpoint } from '../record/endpoint.ts'
import { generationFolder } from '../record/generation.ts'
import { type RecordPaths, recordPaths } from '../record/paths.ts'
import type { Target, Wanted } from '../targets/target.ts'
import { mustManage } from './must-manage.ts'
import { nextGeneration } from './next-generation.ts'
import { type GateInput, gate, mustOpenAuthority } from './plan-gate.ts'

/** A plan and where it will lead, before anybody agreed to it. */
export interface Planned {
  plan: Plan
  answered: Answered
  target: Target
  paths: RecordPaths
  /** What two runs must not touch at once. */
  identity: string
  /** The number of the generation that the plan makes, or keeps. */
  generation: number
  before?: number
  /** Planned without a word from the target. */
  offline?: true
  /** What the gate said of an upload. */
  judgement?: Judgement
  /** What was read of the target just now: a run that begins at once need not ask again. */
  recent?: Recent
}

export interface PlanInput extends GateInput {
  verb: Verb
  target: Target
  /** Bring the generation before the current one back, instead of making one. */
  bringBack?: boolean
  /** The way back by what lies on this machine, where the target answers no more. */
  offline?: boolean
}

/**
 * From answers to a plan: the gate first (files alone, no tool), then the target is read, then its
 * steps are written. Changes nothing.
 *
 * @throws Problem with the finding that blocks
 */
export async function makePlan(input: PlanInput): Promise<Planned> {
  const { verb, answered, target, world } = input
  const { answers } = answered
  mustManage(answers.certificate, target, input.bringBack === true)
  const paths = recordPaths(world.stateFolder, answers.endpoint)
  const gated = verb !== 'disable' && !input.bringBack
  const early = target.profile(answers)
  let judgement = gated ? await gate(input, early) : undefined

  const record = await readEndpoint(paths)
  const way = input.offline ? offlineWay(target) : target
  const discovery = await way.discover(answered, world, { record, secrets: input.secrets ?? {} })
  if (discovery.exit !== undefined) throw new Problem(discovery.exit, discovery.findings)
  const { present } = discovery
  const profile = target.profile(answers, present)
  if (judgement && canonicalJson(profile) !== canonicalJson(early))
    judgement = await gate(input, profile)

  const next = await nextGeneration({ ...input, paths, profile, record, judgement })
  const { generation, reused, before, beforeMeta, privateRoot, newRoot } = next
  if (verb !== 'disable' && !input.bringBack && !reused)
    await mustOpenAuthority(input, profile, beforeMeta)
  const wanted: Wanted<unknown> = {
    answers,
    present,
    kept: generationFolder(paths, generation),
    generation,
    privateRoot,
    newRoot,
    ...(record ? { record } : {}),
    ...(before === undefined ? {} : { before }),
    ...(beforeMeta?.leaf ? { beforeLeaf: beforeMeta.leaf.fingerprint } : {}),
  }
  const steps = input.offline ? offlineWay(target).disable(wanted) : target[verb](wanted)
  const plan: Plan = {
    schema: 'secure-endpoint/plan@1',
    endpoint: answers.endpoint,
    verb,
    target: target.kind,
    changes: target.changes(answers, present),
    world: target.world(present),
    values: valuesOf(answered),
    findings: [
      ...(judgement?.findings ?? []),
      ...discovery.findings.filter(each => gated || !isOfNewPair(each)),
    ],
    steps: inOrder(steps),
    digest: digestOf(steps),
  }
  return {
    plan,
    answered,
    target,
    paths,
    identity: target.identity(answers, present),
    generation,
    ...(before === undefined ? {} : { before }),
    ...(input.offline ? { offline: true as const } : {}),
    ...(judgement ? { judgement } : {}),
    ...(discovery.recent ? { recent: discovery.recent } : {}),
  }
}

/** Whether it is about the pair that the answers wish for: no matter where none is made. */
function isOfNewPair({ subject }: Finding): boolean {
  return subject.startsWith('certificate.')
}

function offlineWay(target: Target): NonNullable<Target['offline']> {
  if (target.offline) return target.offline
  throw usage(
    `--offline: ${target.title} has no way back without an answer of it.`,
    'Leave --offline out.',
  )
}

function valuesOf({ answers, from }: Answered): Record<string, Valued> {
  return Object.fromEntries(
    Object.entries(from).map(([id, origin]) => [id, { value: at(answers, id), from: origin }]),
  )
}

function at(value: unknown, path: string): Valued['value'] {
  return path
    .split('.')
    .reduce<unknown>(
      (rest, key) => (rest as Record<string, unknown>)?.[key],
      value,
    ) as Valued['value']
}

/** Each step stands after the ones that it needs: a target's mistake must not reach a user. */
function inOrder(steps: Step[]): Step[] {
  const seen = new Set<string>()
  for (const { id, needs } of steps) {
    const early = needs.find(need => !seen.has(need))
    if (early !== undefined)
      throw new TypeError(`step ${id} stands before ${early}, which it needs`)
    seen.add(id)
  }
  return steps
}
