import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Answered, CertificateAnswers } from '../answers/answers.ts'
import { isAmong } from '../certificates/anchors.ts'
import type { Judgement } from '../certificates/judgement.ts'
import type { CertificateProfile } from '../certificates/profile.ts'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { pemCertificates, systemRoots } from '../net/roots.ts'
import type { Verb } from '../plan/plan.ts'
import type { EndpointRecord } from '../record/endpoint.ts'
import {
  currentGeneration,
  type GenerationMeta,
  generationFolder,
  listGenerations,
  readGeneration,
} from '../record/generation.ts'
import type { RecordPaths } from '../record/paths.ts'
import type { World } from '../world.ts'

/** What a plan hangs on beside the answers. */
interface From {
  verb: Verb
  answered: Answered
  world: World
  /** Bring the generation before the current one back, instead of making one. */
  bringBack?: boolean | undefined
  profile: CertificateProfile
  paths: RecordPaths
  record: EndpointRecord | undefined
  /** What the gate said of an upload. */
  judgement: Judgement | undefined
}

/** The generation that a plan makes, or keeps, and how it stands to the one that is current. */
export interface NextGeneration {
  generation: number
  /** Whether that is one which is there: nothing is issued then. */
  reused: boolean
  before: number | undefined
  beforeMeta: GenerationMeta | undefined
  privateRoot: boolean
  newRoot: boolean
}

/**
 * Decides which generation a plan leads to: the current one where it serves the answers as well, the one
 * before it where that shall come back, else a new one. Reads the record alone.
 *
 * @throws Problem where there is none to bring back
 */
export async function nextGeneration(from: From): Promise<NextGeneration> {
  const { answered, bringBack, judgement, paths, record, world } = from
  const before = await currentGeneration(paths)
  const beforeMeta = before === undefined ? undefined : await readGeneration(paths, before)
  const reused = before !== undefined && keeps(from, beforeMeta, judgement, record)
  const generation = bringBack
    ? await generationBefore(paths, before)
    : reused
      ? before
      : nextNumber(await listGenerations(paths))
  return {
    generation,
    reused,
    before,
    beforeMeta,
    privateRoot: bringBack
      ? existsSync(join(generationFolder(paths, generation), 'roots.pem'))
      : isPrivate(answered.answers.certificate, judgement, world),
    newRoot: !reused && (await hasNewRoot(from, { generation, before, beforeMeta })),
  }
}

/**
 * Whether the pair that is current serves these answers as well: then nothing is issued again, and a
 * second run of the same command has nothing to do.
 */
function keeps(
  { verb, answered, profile, world }: From,
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

/** A local CA that is chosen again is the one that signed the leaf before. */
async function hasNewRoot(
  { answered, bringBack, judgement, paths }: From,
  { generation, before, beforeMeta }: Pick<NextGeneration, 'generation' | 'before' | 'beforeMeta'>,
): Promise<boolean> {
  if (before === undefined) return true
  const { certificate } = answered.answers
  if (certificate.source === 'managed') return false
  if (certificate.source === 'self-signed' && !bringBack)
    return certificate.authority === 'none' || beforeMeta?.authority === undefined
  const rootsOf = (number: number) =>
    readFile(join(generationFolder(paths, number), 'roots.pem'), 'utf8')
      .catch(() => '')
      .then(pemCertificates)
  const known = await rootsOf(before)
  const wanted = bringBack ? await rootsOf(generation) : [judgement?.root?.pem ?? '']
  const bare = (pem: string) => pem.replace(/\s/g, '')
  return wanted.some(pem => !known.map(bare).includes(bare(pem)))
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
