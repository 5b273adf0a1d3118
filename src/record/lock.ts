import { createHash } from 'node:crypto'
import { link, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { startTime, stillRuns } from '../process/start-time.ts'
import type { World } from '../world.ts'
import { unlessAbsent } from './read.ts'
import { codeOf, makeFolder, writeFileAtomic } from './write.ts'

/** Who holds a lock, as it is written into it. */
export interface Holder {
  schema: 'secure-endpoint/lock@1'
  identity: string
  endpoint: string
  verb: string
  user: string
  host: string
  pid: number
  /** Tells the process from a later one with the same id. */
  start: string
  /** ISO time. */
  since: string
  /** ISO time of the last sign of life, renewed every 20 s. */
  seen: string
}

export interface Lock {
  release(): Promise<void>
}

const renewMs = 20_000
/** A holder on another machine that gave no sign of life for this long is gone. */
const silentMs = 120_000

/**
 * Takes the lock of a target, or says who has it.
 *
 * A lock whose holder is dead is taken over: on this machine that is known from its process, on
 * another (a shared home folder) from its silence.
 *
 * @throws Problem with exit 75 when another run holds it
 */
export async function takeLock(
  path: string,
  what: { identity: string; endpoint: string; verb: string },
  world: Pick<World, 'clock' | 'who'>,
): Promise<Lock> {
  await makeFolder(dirname(path))
  const now = () => new Date(world.clock.now()).toISOString()
  const mine: Holder = {
    schema: 'secure-endpoint/lock@1',
    ...what,
    ...world.who,
    start: startTime(world.who.pid) ?? '',
    since: now(),
    seen: now(),
  }
  const own = `${path}.${world.who.host}.${world.who.pid}`
  await writeFileAtomic(own, JSON.stringify(mine))
  try {
    await linkOrTakeOver(own, path, world)
  } finally {
    await rm(own, { force: true })
  }
  let renewed: Promise<void> = Promise.resolve()
  const stillMine = async () => isSame(await readHolder(path), mine)
  const renew = setInterval(() => {
    // a machine that slept may have been taken for gone
    renewed = stillMine()
      .then(yes =>
        yes ? writeFileAtomic(path, JSON.stringify({ ...mine, seen: now() })) : undefined,
      )
      .catch(() => {})
  }, renewMs)
  renew.unref()
  return {
    async release() {
      clearInterval(renew)
      await renewed
      if (await stillMine()) await rm(path, { force: true })
    },
  }
}

/** Who holds a lock now; undefined when nobody does, or only a dead process. */
export async function lockHolder(
  path: string,
  world: Pick<World, 'clock' | 'who'>,
): Promise<Holder | undefined> {
  const holder = await readHolder(path)
  return holder && isAlive(holder, world) ? holder : undefined
}

/**
 * Puts our own file in the lock's place. A stale lock may be replaced only by the one who holds the
 * lock of its succession (named after its content, so it comes only once): looking and renaming alone
 * would let a slow one push aside the lock that a fast one has just got.
 */
async function linkOrTakeOver(
  own: string,
  path: string,
  world: Pick<World, 'clock' | 'who'>,
): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      await link(own, path) // fails when the name is taken: the one atomic "only if absent"
      return
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    const found = await readText(path)
    if (found === undefined) continue
    const holder = holderOf(found)
    if (holder && isAlive(holder, world)) throw held(holder)
    const succession = `${path}.${createHash('sha256').update(found).digest('hex').slice(0, 12)}`
    await linkOrTakeOver(own, succession, world)
    try {
      if ((await readText(path)) === found) return await rename(own, path)
    } finally {
      await rm(succession, { force: true })
    }
  }
  throw problem(exitCodes.later, {
    id: 'lock.contended',
    title: 'Several runs want this target at the same moment.',
    fix: 'Try again in a minute.',
  })
}

function isAlive(holder: Holder, { clock, who }: Pick<World, 'clock' | 'who'>): boolean {
  if (holder.host === who.host) return stillRuns(holder.pid, holder.start)
  return clock.now() - Date.parse(holder.seen) < silentMs
}

function isSame(a: Holder | undefined, b: Holder): boolean {
  return a?.host === b.host && a.pid === b.pid && a.start === b.start && a.since === b.since
}

async function readHolder(path: string): Promise<Holder | undefined> {
  return holderOf((await readText(path)) ?? '')
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    return unlessAbsent(path, error, undefined)
  }
}

/** undefined where nobody can be read out of it: such a lock is stale. */
function holderOf(text: string): Holder | undefined {
  try {
    return (JSON.parse(text) as Holder | null) ?? undefined
  } catch {
    return undefined
  }
}

function held(holder: Holder) {
  const since = holder.since.slice(0, 16).replace('T', ' ')
  return problem(exitCodes.later, {
    id: 'lock.held',
    title: `${holder.endpoint} is locked by ${holder.user}@${holder.host} since ${since} UTC.`,
    subject: holder.identity,
    evidence: `process ${holder.pid}, ${holder.verb}`,
    why: 'Two runs on one target would undo each other.',
    fix: 'Wait until it ends, or end it there; a lock whose process is gone is taken over.',
  })
}
