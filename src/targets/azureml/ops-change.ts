import { readFile, rm } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { type AzAnswer, az, azProblem, jsonOnly } from '../../azure/az.ts'
import { Problem, problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import type { Place } from '../../kubernetes/place.ts'
import { followRollout } from '../../kubernetes/rollout.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { codeOf, writeFileAtomic } from '../../record/write.ts'
import { namespace, type Where } from './answers.ts'
import { type Change, changeArguments, pairFiles, stringWriter } from './commands.ts'
import {
  type Extension,
  isMoving,
  leftBehind,
  parseExtension,
  readExtension,
  tlsSettings,
} from './extension.ts'
import { azuremlFindings } from './findings.ts'
import { healthWords } from './health.ts'
import { extensionWords, isAsWanted, isDone, type WantedExtension } from './ops-look.ts'
import { healthOf } from './read-health.ts'
import { tellLost, tellStays } from './tell.ts'
import { clusterOf, workload } from './words.ts'

type Input = Record<string, Json>

const changeLimitMs = 40 * 60_000
/** How often the state is read while Azure is at another operation. Milliseconds. */
const lookEveryMs = 10_000
/** A change that is over sooner needs no words of what the cluster does meanwhile. Milliseconds. */
const quietMs = 10_000
/** How often a change is sent, where its answer is lost each time. */
const most = 3

/**
 * Creates, updates or deletes the extension, and waits until Azure is done with it:
 * `{change, cluster, wanted, protectedSettings?, clears?, waitMs}`. Before anything is sent a second
 * time the state is read: az does not repeat a request whose answer was lost, and neither do we blindly.
 *
 * @throws Problem: 1 where the operation failed (with the health check's words), 75 later, 77 no permission
 */
export const change: Op = {
  changes: true,
  async run(input: Input, ctx): Promise<Json> {
    const wanted = input.wanted as unknown as WantedExtension
    const meant = input.change as unknown as Change
    const sending = await protectedFile(meant, input.protectedSettings, ctx)
    try {
      const before = Array.isArray(input.protectedKeys) ? input.protectedKeys.map(String) : []
      // whether null clears a setting, Azure does not promise: it is judged after the second way
      const first =
        input.clears === true ? { ...input, wanted: { ...wanted, clean: false } } : input
      let now = await send(sending, first as Input, ctx)
      if (input.clears === true && now) now = await cleared(now, meant.where, input, ctx)
      if (now) tellLost(before, now, ctx)
      if (now && wanted.mode === 'http') tellStays(now, meant.where, ctx)
      return { done: true, seen: extensionWords(now) }
    } finally {
      if (sending.protectedFile !== undefined && sending.pairIn !== undefined)
        await rm(join(sending.pairIn, sending.protectedFile), { force: true })
    }
  },
  printed({ change: meant, protectedSettings }, show) {
    const shown = meant as Change<unknown>
    const words = changeArguments<unknown>(withFile(shown, protectedSettings), {
      plain: word => word,
      setting: (key, value) => `${key}=${show(value)}`,
    }).map(show)
    const folder = shown.pairIn === undefined ? '' : `cd ${show(shown.pairIn)} && `
    return [`${folder}${quoteCommand(['az', ...words, ...jsonOnly])}`]
  },
  shell({ change: meant, wanted, protectedSettings }, sh) {
    const given = meant as Change<unknown>
    const words = changeArguments<unknown>(withFile(given, protectedSettings), {
      plain: word => word,
      setting: (key, value) => ({ join: [`${key}=`, value] }),
    }).map(sh.word)
    const folder = given.pairIn === undefined ? '.' : sh.word(given.pairIn)
    const extra = protectedSettings === undefined ? "''" : sh.word(protectedSettings)
    const { mode } = wanted as WantedExtension
    return [`azureml_change ${sh.word(mode)} ${folder} ${extra} ${words.join(' ')}`]
  },
}

const mergedFile = 'protected.json'

function withFile<T>(meant: Change<T>, protectedSettings: unknown): Change<T> {
  return protectedSettings === undefined ? meant : { ...meant, protectedFile: mergedFile }
}

/** The user's other protected settings and the pair in one file, for the time of the call. */
async function protectedFile(
  meant: Change,
  settings: Json | undefined,
  { userFolder }: Performing,
): Promise<Change> {
  if (typeof settings !== 'string' || meant.pairIn === undefined) return meant
  const path = isAbsolute(settings) ? settings : join(userFolder, settings)
  const own = await readSettings(path)
  await writeFileAtomic(
    join(meant.pairIn, mergedFile),
    `${JSON.stringify({ ...own, ...pairFiles })}\n`,
  )
  return withFile(meant, settings)
}

/** Protected settings in a JSON file of the user. */
export async function readSettings(path: string): Promise<Record<string, Json>> {
  const unreadable = (evidence: string) =>
    problem(exitCodes.data, {
      id: 'answers.file-unreadable',
      title: `${path} cannot be read.`,
      subject: path,
      evidence,
      why: 'Azure replaces all protected settings by what is sent.',
      fix: 'Write a JSON object with the names and values of the settings that must stay.',
    })
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Json
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value
  } catch (error) {
    throw unreadable(codeOf(error) ?? 'it is no JSON')
  }
  throw unreadable('it is no JSON object')
}

/** Sends the change until Azure has taken it, and reads what it stores afterwards. */
async function send(
  sending: Change,
  input: Input,
  ctx: Performing,
): Promise<Extension | undefined> {
  const { clock } = ctx.world
  const wanted = input.wanted as unknown as WantedExtension
  const limitMs = Math.min(cappedMs(Number(input.waitMs), ctx), changeLimitMs)
  const began = clock.elapsed()
  for (let lost = 0; ; ) {
    const answer = await asked(sending, input, ctx)
    if (answer.ok) {
      const now =
        sending.verb === 'delete' ? undefined : await storedAfter(answer, sending.where, input, ctx)
      if (!isAsWanted(now, wanted)) throw unsettled(now, sending.where)
      return now
    }
    if (answer.failure === 'operation') throw await failed(answer, input, ctx)
    const waits = answer.failure === 'in-progress' && clock.elapsed() - began < limitMs
    const asksAgain = answer.failure === 'lost' && lost < most
    if (!waits && !asksAgain) throw azProblem(answer, { subject: sending.where.extension })
    lost += asksAgain ? 1 : 0
    ctx.say(waits ? 'Azure is at another operation' : 'the answer was lost: the state is read')
    const now = await settled(sending.where, limitMs, input, ctx)
    if (await isDone(now, wanted, input, ctx)) return now
    if (now?.state === 'Failed' && asksAgain) throw await failed(answer, input, ctx)
    await clock.sleep(waits ? lookEveryMs : 1_000, ctx.signal)
  }
}

/** One call of az; meanwhile it is told what the cluster does. */
async function asked(sending: Change, input: Input, ctx: Performing): Promise<AzAnswer> {
  const args = changeArguments(sending, stringWriter)
  const cwd = sending.pairIn ?? ctx.userFolder
  const over = new AbortController()
  const signal = AbortSignal.any([ctx.signal, over.signal])
  const telling = tellRollout({ ...clusterOf(input.cluster), namespace }, { ...ctx, signal })
  try {
    return await az({ args, cwd, limitMs: changeLimitMs }, ctx)
  } catch (error) {
    const [found] = error instanceof Problem ? error.findings : []
    if (found?.id !== 'tool.az.hangs') throw error
    // az waits as long as Azure is at it: the operation goes on, and nothing may be sent beside it
    return { ok: false, failure: 'in-progress', said: found.title, command: found.fix }
  } finally {
    over.abort()
    await telling
  }
}

/**
 * Says what the replicas do until the signal fires. It only tells: what is wrong with the cluster shows
 * in the change itself.
 */
async function tellRollout(place: Place, ctx: Performing): Promise<void> {
  const { signal, world } = ctx
  await world.clock.sleep(quietMs, signal).catch(() => {})
  if (signal.aborted) return
  const following = followRollout(place, [workload], ctx)
  await following.during(new Promise(resolve => signal.addEventListener('abort', resolve)))
  await following.close()
}

async function storedAfter(
  answer: Extract<AzAnswer, { ok: true }>,
  where: Where,
  input: Input,
  ctx: Performing,
): Promise<Extension | undefined> {
  const said = answer.value === null ? undefined : parseExtension(answer.value)
  return said && !isMoving(said) ? said : settled(where, changeLimitMs, input, ctx)
}

/** Reads until Azure is done with whatever it does, or until the limit. */
async function settled(
  where: Where,
  limitMs: number,
  input: Input,
  ctx: Performing,
): Promise<Extension | undefined> {
  const { clock } = ctx.world
  const began = clock.elapsed()
  for (let misses = 0; ; ) {
    try {
      const now = await readExtension(where, ctx)
      if (!now || !isMoving(now) || clock.elapsed() - began > limitMs) return now
      const health = healthWords(await healthOf(clusterOf(input.cluster), ctx))
      ctx.say([extensionWords(now), health].filter(Boolean).join(', '))
    } catch (error) {
      // the connection that lost the answer may be away for some moments more
      misses += 1
      if (!(error instanceof Problem) || error.exit !== exitCodes.later || misses > most)
        throw error
    }
    await clock.sleep(lookEveryMs, ctx.signal)
  }
}

/** Where Azure keeps a setting that null should have cleared, an empty value does. */
async function cleared(
  now: Extension,
  where: Where,
  input: Input,
  ctx: Performing,
): Promise<Extension> {
  if (leftBehind(now).length === 0) return now
  const config = Object.fromEntries(tlsSettings.map(key => [key, '']))
  return (await send({ verb: 'update', where, config }, input, ctx)) ?? now
}

/** The operation ended badly: Azure only says that, the health check in the cluster says why. */
async function failed(
  answer: Extract<AzAnswer, { ok: false }>,
  input: Input,
  ctx: Performing,
): Promise<Problem> {
  const health = healthWords(await healthOf(clusterOf(input.cluster), ctx))
  const evidence = [health, answer.said].filter(Boolean).join('\n')
  return azProblem({ ...answer, failure: 'operation' }, { evidence })
}

function unsettled(now: Extension | undefined, { extension }: Where): Problem {
  const occurrence = {
    subject: extension,
    evidence: extensionWords(now),
    fix: 'Look at it: az k8s-extension show; then run the same command again.',
  }
  return new Problem(exitCodes.failed, [finding(azuremlFindings, 'azureml.unsettled', occurrence)])
}
