import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Answered, CertificateAnswers } from '../answers/answers.ts'
import { passphraseIn, type Secrets } from '../answers/secret.ts'
import { isAmong } from '../certificates/anchors.ts'
import { findAuthority } from '../certificates/choose-authority.ts'
import { dayMs } from '../certificates/dates.ts'
import { gateUpload } from '../certificates/gate-upload.ts'
import type { Judgement, OfferedAt } from '../certificates/judgement.ts'
import { keyTypeProblem } from '../certificates/key-choice.ts'
import type { CertificateProfile } from '../certificates/profile.ts'
import { Problem, problem, usage } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Finding } from '../findings.ts'
import { systemRoots } from '../net/roots.ts'
import { canonicalJson, digestOf } from '../plan/digest.ts'
import type { Plan, Step, Valued, Verb } from '../plan/plan.ts'
import type { Recent } from '../plan/recent.ts'
import { type EndpointRecord, readEndpoint } from '../record/endpoint.ts'
import {
  currentGeneration,
  type GenerationMeta,
  generationFolder,
  listGenerations,
  readGeneration,
} from '../record/generation.ts'
import { type RecordPaths, recordPaths } from '../record/paths.ts'
import { stillWaits } from '../requests/asked-first.ts'
import type { Target, Wanted } from '../targets/target.ts'
import type { World } from '../world.ts'
import { mustManage } from './must-manage.ts'
import { hasNewRoot } from './new-root.ts'

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

export interface PlanInput {
  verb: Verb
  answered: Answered
  target: Target
  world: World
  secrets?: Secrets
  /** Bring the generation before the current one back, instead of making one. */
  bringBack?: boolean
  /** The way back by what lies on this machine, where the target answers no more. */
  offline?: boolean
  /** Told as each part is done, for a line on the screen. */
  onGate?: (judgement: Judgement) => void
  /** Told before a missing certificate is asked for. */
  onFetch?: (place: OfferedAt) => void
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

  const before = await currentGeneration(paths)
  const beforeMeta = before === undefined ? undefined : await readGeneration(paths, before)
  const reused = before !== undefined && keeps({ ...input, profile }, beforeMeta, judgement, record)
  const generation = input.bringBack
    ? await generationBefore(paths, before)
    : reused
      ? before
      : nextNumber(await listGenerations(paths))
  if (verb !== 'disable' && !input.bringBack && !reused)
    await mustOpenAuthority(input, profile, beforeMeta)
  const wanted: Wanted<unknown> = {
    answers,
    present,
    kept: generationFolder(paths, generation),
    generation,
    privateRoot: input.bringBack
      ? existsSync(join(generationFolder(paths, generation), 'roots.pem'))
      : isPrivate(answers.certificate, judgement, world),
    newRoot:
      !reused && (await hasNewRoot(input, paths, { generation, before, beforeMeta, judgement })),
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

/** Judges an upload, or the wish for a key, against what the target needs. */
async function gate(
  { answered, world, secrets = {}, onFetch, onGate }: PlanInput,
  profile: CertificateProfile,
): Promise<Judgement | undefined> {
  const { certificate } = answered.answers
  if (certificate.source === 'managed') return undefined
  if (certificate.source !== 'uploaded') {
    const refused = keyTypeProblem(profile, certificate.keyType)
    if (refused) throw refused
    return undefined
  }
  const waits = await stillWaits(certificate, answered.folder)
  if (waits) throw waits
  const judgement = await gateUpload({
    upload: certificate,
    folder: answered.folder,
    profile,
    now: world.clock.now(),
    systemRoots: systemRoots(world.env),
    fetching: { offered: world.offered, ...(onFetch ? { onAsk: onFetch } : {}) },
    ...passphraseIn(secrets),
  })
  onGate?.(judgement)
  if (judgement.verdict === 'blocked') throw new Problem(exitCodes.data, judgement.findings)
  return judgement
}

function offlineWay(target: Target): NonNullable<Target['offline']> {
  if (target.offline) return target.offline
  throw usage(
    `--offline: ${target.title} has no way back without an answer of it.`,
    'Leave --offline out.',
  )
}

/** A local CA that stays locked is said before anything is changed, not in the middle of the run. */
async function mustOpenAuthority(
  { answered: { answers }, world, secrets = {} }: PlanInput,
  profile: CertificateProfile,
  before: GenerationMeta | undefined,
): Promise<void> {
  const { certificate } = answers
  if (certificate.source !== 'self-signed' || certificate.authority !== 'local') return
  const names = [...profile.names, ...certificate.names]
  const now = world.clock.now()
  await findAuthority(world.stateFolder, names, now, now + certificate.days * dayMs, {
    ...passphraseIn(secrets),
    ...(before?.authority === undefined ? {} : { prefer: before.authority }),
  })
}

/**
 * Whether the pair that is current serves these answers as well: then nothing is issued again, and a
 * second run of the same command has nothing to do.
 */
function keeps(
  { verb, answered, profile, world }: PlanInput & { profile: CertificateProfile },
  meta: GenerationMeta | undefined,
  judgement: Judgement | undefined,
  record: EndpointRecord | undefined,
): boolean {
  const { certificate } = answered.answers
  if (verb === 'disable') return true
  if (!meta?.leaf || !record) return false
  if (certificate.source === 'uploaded') {
    return judgement?.chain[0]?.fingerprint === meta.leaf.fingerprint
  }
  // what somebody else manages may be another one by now
  if (certificate.source === 'managed') return false
  if (verb === 'rotate' || meta.source !== 'self-signed') return false
  const { names, keyType, notAfter } = meta.leaf
  const wanted = [...profile.names, ...certificate.names]
  return (
    keyType === certificate.keyType &&
    (meta.authority !== undefined) === (certificate.authority === 'local') &&
    wanted.every(name => names.includes(name)) &&
    Date.parse(notAfter) > world.clock.now()
  )
}

function isPrivate(
  certificate: CertificateAnswers,
  judgement: Judgement | undefined,
  { env }: World,
): boolean {
  // a public authority signs no name of a cluster's inside
  if (certificate.source !== 'uploaded') return true
  const root = judgement?.root
  return root !== undefined && (certificate.roots !== undefined || !isAmong(root, systemRoots(env)))
}

/** The generation that the current one replaced, where it holds a leaf. */
async function generationBefore(paths: RecordPaths, current: number | undefined): Promise<number> {
  const meta = current === undefined ? undefined : await readGeneration(paths, current)
  // what was found on an adopted target is the one before the first
  const before = meta?.replaces ?? (current === undefined || current === 0 ? undefined : 0)
  if (before !== undefined && (await readGeneration(paths, before))?.leaf) return before
  throw problem(exitCodes.data, {
    id: 'record.no-generation-before',
    title: 'There is no certificate before the current one to bring back.',
    evidence:
      current === undefined ? 'nothing has been proven yet' : `generation ${current} is the first`,
    fix: 'Make a new one: secure-endpoint rotate NAME',
  })
}

function nextNumber(numbers: readonly number[]): number {
  return Math.max(0, ...numbers) + 1
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
