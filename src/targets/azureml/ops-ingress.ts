import { readFile } from 'node:fs/promises'
import { finding } from '../../findings.ts'
import { type KubeObject, kubectl, tryKubectl, unvalidated } from '../../kubernetes/kubectl.ts'
import { kubectlArgv, shellPlace } from '../../kubernetes/place.ts'
import { kubernetesProblem } from '../../kubernetes/problems.ts'
import { fieldManager, ownLabels } from '../../kubernetes/secret.ts'
import type { Op, Performing, ShellWriter } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { succeeded } from '../../process/tool.ts'
import { unlessAbsent } from '../../record/read.ts'
import { writeFileAtomic } from '../../record/write.ts'
import { namespace } from './answers.ts'
import { azuremlFindings } from './findings.ts'
import {
  foreignIn,
  foreignProblem,
  isAsManifest,
  othersIn,
  readIngress,
  writableOf,
} from './ingress.ts'
import { clusterOf } from './words.ts'

type Input = Record<string, Json>

/**
 * What stood there before an Ingress was applied, by name of the run that did so: the generation may have
 * that of an earlier run. `created` is the uid of the one that this run made.
 */
type Before = { created: string | null } | { uid: string; ours: boolean; object: Json }

const manager = `--field-manager=${fieldManager}`
const applyWords = ['apply', '--server-side', manager, unvalidated]
const shown = ['-o', 'json', '--show-managed-fields']

/** Whether the Ingress is ours and says what a file does: `{cluster, name, file}`. */
export const ingressLook: Op = {
  changes: false,
  async run({ cluster, name, file }: Input, ctx): Promise<Json> {
    const found = await readIngress(clusterOf(cluster), String(name), ctx)
    if (!found) return { asWanted: false, seen: `${name} is not there` }
    const foreign = foreignIn(found, String(name))
    if (foreign) return { asWanted: false, seen: `${name} is ${foreign.words}` }
    const asWanted = isAsManifest(found, await manifestIn(file))
    return { asWanted, seen: asWanted ? String(name) : `${name} says something else` }
  },
  printed: ({ cluster, name }, show) => [
    quoteCommand(kubectlArgv(placeIn(cluster), 'get', 'ingress', show(name))),
  ],
  shell: ({ cluster, name, file }, sh) => [`azureml_ingress ${wordsOf(cluster, [name, file], sh)}`],
}

/**
 * Applies the Ingress of a file, and keeps beforehand what stood there: `{cluster, name, file, before,
 * adopt}`. One of somebody else is taken over only with `adopt`, also where it came after discovery.
 *
 * @throws Problem with exit 65 where it belongs to somebody else
 */
export const ingressApply: Op = {
  changes: true,
  changesOnly: 'kubernetes',
  async run({ cluster, name: named, file, before, adopt }: Input, ctx): Promise<Json> {
    const name = String(named)
    const place = { ...clusterOf(cluster), namespace }
    const stdin = JSON.stringify(await manifestIn(file))
    for (let again = false; ; again = true) {
      const found = await readIngress(place, name, ctx)
      const foreign = foreignIn(found, name)
      if (foreign && adopt !== true) throw foreignProblem(name, foreign)
      await keepFirst(before, found, foreign !== undefined, ctx)
      const force = found ? ['--force-conflicts'] : []
      const words = [...applyWords, ...force, ...shown, '-f', '-']
      const result = await tryKubectl(place, words, ctx, { stdin })
      // somebody has made one since it was looked for
      if (!found && !again && /Apply failed with \d+ conflict/.test(result.stderr)) continue
      if (!succeeded(result)) throw kubernetesProblem(result, place, 60_000)
      if (found) return { applied: true, seen: foreign ? `${name} is taken over` : name }
      const made = JSON.parse(result.stdout) as KubeObject
      const others = othersIn(made)
      if (others.length > 0)
        throw foreignProblem(name, { words: `made by ${others.join(', ')}`, hosts: [] })
      await keep(before, { created: made.metadata.uid ?? null }, ctx)
      return { applied: true, seen: name }
    }
  },
  printed: ({ cluster, file }, show) => [
    quoteCommand(kubectlArgv(placeIn(cluster), ...applyWords, '-f', show(file))),
  ],
  shell: ({ cluster, name, file, before, adopt }, sh) => [
    `azureml_ingress_apply ${wordsOf(cluster, [name, file, before, adopt === true ? 'yes' : 'no'], sh)}`,
  ],
}

/**
 * Takes an apply back: `{cluster, name, before}`. Only what this run has made is deleted; what stood
 * there before is put back, and what somebody else has made meanwhile is left alone.
 */
export const ingressBack: Op = {
  changes: true,
  changesOnly: 'kubernetes',
  async run({ cluster, name: named, before }: Input, ctx): Promise<Json> {
    const name = String(named)
    const place = { ...clusterOf(cluster), namespace }
    const kept = await readKept(before, ctx)
    if (!kept) return { back: true, seen: 'nothing was applied' }
    const found = await readIngress(place, name, ctx)
    if ('created' in kept) {
      if (!found) return { back: true, seen: `${name} is not there` }
      return isMadeByRun(found, kept.created, name)
        ? removed(found, name, place, ctx)
        : stays(found, name, ctx)
    }
    if (found && found.metadata.uid !== kept.uid) return stays(found, name, ctx)
    const { words, stdin } = puttingBack(kept, name, found !== undefined)
    await kubectl(place, [...words, '-o', 'name', '-f', '-'], ctx, { stdin: JSON.stringify(stdin) })
    return { back: true, seen: `${name} is as it was` }
  },
  printed: ({ cluster, name, before }, show) => [
    quoteCommand(kubectlArgv(placeIn(cluster), 'replace', '-f', show(before))),
    `  where there was none: ${quoteCommand(kubectlArgv(placeIn(cluster), 'delete', 'ingress', show(name)))}`,
  ],
  shell: ({ cluster, name, before }, sh) => [
    `azureml_ingress_back ${wordsOf(cluster, [name, before], sh)}`,
  ],
}

function keptOf(found: KubeObject, ours: boolean): Before {
  return { uid: found.metadata.uid ?? '', ours, object: writableOf(found) }
}

/** Without its uid (the run ended in between) it must bear our label, and nobody else's hand. */
function isMadeByRun(found: KubeObject, created: string | null, name: string): boolean {
  return created === null
    ? foreignIn(found, name) === undefined && othersIn(found).length === 0
    : found.metadata.uid === created && foreignIn(found, name) === undefined
}

/** The very object that was read goes, and no other that has its name by now. */
async function removed(
  { metadata: { uid = '' } }: KubeObject,
  name: string,
  place: ReturnType<typeof placeIn>,
  ctx: Performing,
): Promise<Json> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/${name}`
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } }
  const stdin = JSON.stringify(options)
  const result = await tryKubectl(place, ['delete', '--raw', path, '-f', '-'], ctx, { stdin })
  if (succeeded(result)) return { back: true, seen: `${name} is gone` }
  const now = await readIngress(place, name, ctx)
  if (now && now.metadata.uid !== uid) return stays(now, name, ctx)
  if (now) throw kubernetesProblem(result, place, 60_000)
  return { back: true, seen: `${name} is gone` }
}

function stays(found: KubeObject, name: string, ctx: Performing): Json {
  const others = othersIn(found)
  const words =
    foreignIn(found, name)?.words ??
    (others.length > 0 ? `also written by ${others.join(', ')}` : 'made anew since')
  ctx.finding(
    finding(azuremlFindings, 'azureml.ingress-stays', {
      subject: `${namespace}/${name}`,
      evidence: `it is ${words}`,
      fix: `Look at it, and ask who made it: kubectl -n ${namespace} get ingress ${name} -o yaml --show-managed-fields`,
    }),
  )
  return { back: false, seen: `${name} stays` }
}

/** Ours by apply, so that its fields stay those of our applies; one of somebody else as it was. */
function puttingBack(
  { ours, object }: Extract<Before, { ours: boolean }>,
  name: string,
  isThere: boolean,
): { words: string[]; stdin: Json } {
  if (!ours) return { words: [isThere ? 'replace' : 'create', manager, unvalidated], stdin: object }
  const { apiVersion, kind, spec } = object as { [key: string]: Json }
  const metadata = { name, namespace, labels: ownLabels(name) }
  const stdin = { apiVersion, kind, metadata, spec } as Json
  return { words: [...applyWords, '--force-conflicts'], stdin }
}

async function manifestIn(file: Json | undefined): Promise<KubeObject> {
  return JSON.parse(await readFile(String(file), 'utf8')) as KubeObject
}

/**
 * Keeps what stands there, once a run: what it finds when it is taken up may be its own work. Only where
 * it had found nothing, one of somebody else that came since is kept instead.
 */
async function keepFirst(
  path: Json | undefined,
  found: KubeObject | undefined,
  isForeign: boolean,
  ctx: Performing,
): Promise<void> {
  const kept = await readKept(path, ctx)
  const foundNothing = kept !== undefined && 'created' in kept && kept.created === null
  if (kept && !(foundNothing && isForeign)) return
  await keep(path, found ? keptOf(found, !isForeign) : { created: null }, ctx)
}

async function keep(path: Json | undefined, before: Before, ctx: Performing): Promise<void> {
  const named = { run: ctx.record.run, ...before }
  await writeFileAtomic(String(path), `${JSON.stringify(named, null, 2)}\n`)
}

async function readKept(path: Json | undefined, ctx: Performing): Promise<Before | undefined> {
  try {
    const kept = JSON.parse(await readFile(String(path), 'utf8')) as Before & { run?: string }
    return kept.run === ctx.record.run ? kept : undefined
  } catch (error) {
    return unlessAbsent(String(path), error, undefined)
  }
}

function placeIn(cluster: unknown) {
  return { ...clusterOf(cluster as Json), namespace }
}

function wordsOf(cluster: unknown, words: unknown[], sh: ShellWriter): string {
  const place = shellPlace({ ...(cluster as object), namespace }, sh)
  return [place, ...words.map(sh.word)].join(' ')
}
