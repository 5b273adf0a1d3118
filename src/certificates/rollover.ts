import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readJsonFile } from '../record/json-file.ts'
import { authorityFolder } from '../record/paths.ts'
import { writeFileAtomic } from '../record/write.ts'

/**
 * How far the way from one local CA to the next has come. In `both` clients take both roots while the
 * old one still signs; in `new-signs` the new one signs and both are trusted; in `ended` the old one
 * is trusted no more.
 */
type RolloverStage = 'both' | 'new-signs' | 'ended'

/** `authorities/OLD/rollover.json` */
export interface Rollover {
  schema: 'secure-endpoint/rollover@1'
  /** The CA that follows. */
  to: string
  stage: RolloverStage
  /** ISO times at which each stage began. */
  since: Partial<Record<RolloverStage, string>>
}

const schema = 'secure-endpoint/rollover@1'

export function readRollover(stateFolder: string, name: string): Promise<Rollover | undefined> {
  return readJsonFile<Rollover>(pathOf(stateFolder, name), schema)
}

/** Puts a rollover at a stage; the times of stages that come later go. */
export async function writeRollover(
  stateFolder: string,
  name: string,
  { to, stage, since = {} }: Pick<Rollover, 'to' | 'stage'> & Partial<Rollover>,
  now: number,
): Promise<Rollover> {
  const order: RolloverStage[] = ['both', 'new-signs', 'ended']
  const reached = order.slice(0, order.indexOf(stage))
  const rollover: Rollover = {
    schema,
    to,
    stage,
    since: {
      ...Object.fromEntries(reached.map(each => [each, since[each] ?? isoTime(now)])),
      [stage]: isoTime(now),
    },
  }
  await writeFileAtomic(pathOf(stateFolder, name), `${JSON.stringify(rollover, null, 2)}\n`)
  return rollover
}

/** What a CA of this machine is there for now. */
export type AuthorityState = 'signs' | 'next' | 'old' | 'ended'

/** A CA as far as its place in rollovers goes. */
export interface InRollover {
  name: string
  rollover?: Rollover
}

/** `next` is trusted before it signs, `old` is trusted after it signed. */
export function stateOfAuthority(
  { name, rollover }: InRollover,
  all: readonly InRollover[],
): AuthorityState {
  if (rollover?.stage === 'ended') return 'ended'
  if (rollover?.stage === 'new-signs') return 'old'
  const announced = all.some(each => each.rollover?.to === name && each.rollover.stage === 'both')
  return announced ? 'next' : 'signs'
}

/** The CAs that clients must trust beside one of them while a rollover overlaps; itself is not among them. */
export function trustedBeside<T extends InRollover>(name: string, all: readonly T[]): T[] {
  const found = new Set([name])
  for (let size = 0; size !== found.size; ) {
    size = found.size
    for (const { name: old, rollover } of all) {
      if (!rollover || rollover.stage === 'ended') continue
      if (found.has(old) || found.has(rollover.to)) found.add(old).add(rollover.to)
    }
  }
  return all.filter(each => each.name !== name && found.has(each.name))
}

/** The CA that signs in the place of one of them by now; itself where nothing has replaced it. */
export function successorOf(name: string, all: readonly InRollover[]): string {
  const seen = new Set<string>()
  for (let at = name; !seen.has(at); ) {
    seen.add(at)
    const rollover = all.find(each => each.name === at)?.rollover
    if (!rollover || rollover.stage === 'both') return at
    at = rollover.to
  }
  return name
}

export async function removeRollover(stateFolder: string, name: string): Promise<void> {
  await rm(pathOf(stateFolder, name), { force: true })
}

function pathOf(stateFolder: string, name: string): string {
  return join(authorityFolder(stateFolder, name), 'rollover.json')
}

function isoTime(now: number): string {
  return new Date(now).toISOString()
}
