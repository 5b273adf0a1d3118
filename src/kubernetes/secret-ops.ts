import { readFile } from 'node:fs/promises'
import { exitCodes } from '../exit-codes.ts'
import type { Op, OpTable, Performing } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { madeLeaf } from '../plan/recent.ts'
import { quoteCommand } from '../process/quote.ts'
import { succeeded, type ToolResult } from '../process/tool.ts'
import { readGeneration } from '../record/generation.ts'
import type { KubeObject } from './kubectl.ts'
import { kubectl, tryKubectl, unvalidated } from './kubectl.ts'
import { nameOf, readNamespace, secretsReadBy } from './namespace.ts'
import { kubectlArgv, type Place, placeOf, shellPlace } from './place.ts'
import { kubernetesFinding, kubernetesProblem } from './problems.ts'
import { listMeanwhile, prune } from './prune.ts'
import {
  fieldManager,
  holdsData,
  ownerOf,
  ownSelector,
  type SecretContent,
  secretManifest,
  secretName,
} from './secret.ts'

type Input = Record<string, Json>

/** What the two ops about one Secret are given: `{place, endpoint, fingerprint, type, files}`. */
interface Wanted {
  place: Place
  endpoint: string
  fingerprint: string
  name: string
  content: SecretContent
}

const applyWords = ['apply', '--server-side', `--field-manager=${fieldManager}`, unvalidated]

/** Whether the Secret of this leaf is there and holds the pair. */
export const secretLookOp: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const wanted = await wantedOf(input)
    const { name } = wanted
    // nobody can have named a Secret after a leaf that did not exist
    const isNew = ctx.recent.has(madeLeaf(wanted.fingerprint))
    const found = isNew ? undefined : await readSecret(wanted, ctx)
    if (!found) return { name, state: 'absent', seen: `${name} is not there` }
    const { owner, words } = ownerOf(found, wanted.endpoint)
    if (owner !== 'ours') return { name, state: 'foreign', seen: `${name} is ${words}` }
    return holdsData(found, wanted.content)
      ? { name, state: 'as-wanted', seen: name }
      : { name, state: 'changed', seen: `${name} was changed by hand` }
  },
  printed: ({ place }, show) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), 'get', 'secret', show('…'))),
  ],
  shell: (input, sh) => [`kube_secret_look ${secretWords(input, sh)}`],
}

/**
 * Puts the pair of the generation into its Secret by server-side apply and compares what the API server
 * says that it has stored. The key goes by stdin and nowhere else.
 */
const apply: Op = {
  changes: true,
  // workloads, pods and what may be done stay as they were read
  changesOnly: 'secrets',
  async run(input: Input, ctx): Promise<Json> {
    const wanted = await wantedOf(input)
    const { name, place, content, endpoint, fingerprint } = wanted
    const stdin = JSON.stringify(secretManifest(name, place, { endpoint, fingerprint }, content))
    const words = [...applyWords, '-f', '-']
    let seen = name
    let result = await tryKubectl(place, [...words, '-o', 'json'], ctx, { stdin })
    if (/Apply failed with \d+ conflict/.test(result.stderr)) {
      const found = await readSecret(wanted, ctx)
      const { owner } = found ? ownerOf(found, endpoint) : { owner: 'ours' }
      if (found && owner !== 'ours') throw foreign(found, wanted)
      seen = `${name} was changed by hand: it has its pair back`
      const force = [...words, '--force-conflicts', '-o', 'json']
      result = await tryKubectl(place, force, ctx, { stdin })
    }
    if (!succeeded(result)) throw kubernetesProblem(withoutBody(result), place, 60_000)
    const said = result.stdout.trim()
    const stored = said === '' ? await readSecret(wanted, ctx) : (JSON.parse(said) as KubeObject)
    if (stored && ownerOf(stored, endpoint).owner !== 'ours') throw foreign(stored, wanted)
    if (!stored || !holdsData(stored, content)) throw differs(wanted)
    listMeanwhile(place, endpoint, ctx)
    return { name, state: 'as-wanted', seen }
  },
  printed: ({ place, endpoint, files }, show) => {
    const at = placeOf(place as Json)
    const data = Object.entries(files as Record<string, unknown>)
    return [
      quoteCommand(kubectlArgv(at, ...applyWords, '-f', '-')),
      `  Secret ${show(endpoint)}-<8 hex of the leaf>: ${data.map(([key, file]) => `${key} from ${show(file)}`).join(', ')}`,
    ]
  },
  shell: (input, sh) => [`kube_secret_apply ${secretWords(input, sh)}`],
}

/**
 * Removes the Secret that a failed run has made for its generation: `{place, endpoint}`. Which leaf
 * that is, is read from the record: a later process takes back what an earlier one has begun. One
 * that something reads stays.
 */
const remove: Op = {
  changes: true,
  async run({ place: at, endpoint }: Input, ctx): Promise<Json> {
    const place = placeOf(at)
    const meta = await readGeneration(ctx.record.paths, ctx.record.generation)
    if (!meta?.leaf) return { removed: true, seen: 'none was made' }
    const name = secretName(String(endpoint), meta.leaf.fingerprint)
    const { generation, before } = ctx.record
    // a pair that was in use before this run is none that it has made
    if (before !== undefined && generation <= before)
      return { removed: false, seen: `${name} stays: it is older than this run` }
    const { workloads, pods } = await readNamespace(place, ctx)
    // a pod on its way out has read it long ago
    const readers = [...workloads, ...pods].filter(
      each => each.metadata.deletionTimestamp === undefined && secretsReadBy(each).includes(name),
    )
    if (readers[0]) return { removed: false, seen: `${name} stays: ${nameOf(readers[0])} reads it` }
    const own = ['-l', ownSelector(String(endpoint)), `--field-selector=metadata.name=${name}`]
    await kubectl(place, ['delete', 'secrets', ...own], ctx)
    return { removed: true, seen: `${name} is gone` }
  },
  printed: ({ place, endpoint }, show) => [
    quoteCommand(
      kubectlArgv(placeOf(place as Json), 'delete', 'secret', `${show(endpoint)}-<8 hex>`),
    ),
  ],
  shell: ({ place, endpoint }, sh) => [
    `kube_secret_remove ${shellPlace(place, sh)} ${sh.word(endpoint)}`,
  ],
}

async function wantedOf(input: Input): Promise<Wanted> {
  const { endpoint, fingerprint, type, files } = input
  const named = Object.entries(files as { [key: string]: string })
  const data: Record<string, string> = {}
  for (const [key, path] of named) data[key] = await readFile(path, 'utf8')
  return {
    place: placeOf(input.place),
    endpoint: String(endpoint),
    fingerprint: String(fingerprint),
    name: secretName(String(endpoint), String(fingerprint)),
    content: { type: type as SecretContent['type'], data },
  }
}

/** A Secret by its name; undefined where there is none. */
export async function readSecret(
  { place, name }: { place: Place; name: string },
  ctx: Pick<Performing, 'run' | 'signal' | 'userFolder'>,
): Promise<KubeObject | undefined> {
  const words = ['get', 'secret', name, '--ignore-not-found', '-o', 'json']
  const result = await tryKubectl(place, words, ctx)
  if (!succeeded(result)) throw kubernetesProblem(withoutBody(result), place, 60_000)
  return result.stdout.trim() === '' ? undefined : (JSON.parse(result.stdout) as KubeObject)
}

/** What a call about a Secret printed may be the Secret: only its complaint is passed on. */
function withoutBody(result: ToolResult): ToolResult {
  return { ...result, stdout: '' }
}

function foreign(found: KubeObject, { name, place, endpoint }: Wanted) {
  return kubernetesFinding('kube.foreign-secret', exitCodes.data, {
    subject: `${place.namespace}/${name}`,
    evidence: ownerOf(found, endpoint).words,
    fix: 'Give the endpoint another record name (endpoint: in the answers), or remove that Secret.',
  })
}

function differs({ name, place }: Wanted) {
  return kubernetesFinding('kube.secret-differs', exitCodes.failed, {
    subject: `${place.namespace}/${name}`,
    evidence: 'what was read back is not what was applied',
    fix: 'Look for an admission webhook or operator that writes Secrets: kubectl get mutatingwebhookconfigurations',
  })
}

function secretWords(
  { place, endpoint, type, files }: Record<string, unknown>,
  sh: Parameters<Op['shell']>[1],
): string {
  const data = Object.entries(files as Record<string, unknown>)
  return [
    shellPlace(place, sh),
    sh.word(endpoint),
    sh.word(type),
    ...data.map(([key, file]) => `${key}=${sh.word(file)}`),
  ].join(' ')
}

export const secretOps: OpTable = {
  'kubernetes.secret-look': secretLookOp,
  'kubernetes.secret-apply': apply,
  'kubernetes.secret-remove': remove,
  'kubernetes.secret-prune': prune,
}
