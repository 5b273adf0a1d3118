import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { exitCodes } from '../../exit-codes.ts'
import { kubectl } from '../../kubernetes/kubectl.ts'
import { kubectlArgv, type Place, placeOf, shellPlace } from '../../kubernetes/place.ts'
import {
  fieldManager,
  holdsData,
  ownerOf,
  type SecretContent,
  secretManifest,
} from '../../kubernetes/secret.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Op, ShellWriter } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { operatorProblem } from './problems.ts'

type Input = Record<string, Json>

/**
 * Whether the Secret that the pods mount holds the pair: `{place, endpoint, name, files}`. Where a file is
 * a list, it is what those of them hold that are there, and the chain where none is: no node starts
 * without a `ca.crt`.
 */
export const secretLookOp: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const { place, name, content } = await wantedOf(input)
    const found = await readSecret({ place, name }, ctx)
    const held = found !== undefined && holdsData(found, content)
    return { held, seen: found ? (held ? name : `${name} holds another pair`) : `no ${name} yet` }
  },
  printed: ({ place, name }, show) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), 'get', 'secret', show(name))),
  ],
  shell: (input, sh) => [...joined(input, sh), `aisop_secret_look ${wordsOf(input, sh)}`],
}

/**
 * Puts a pair into the Secret that the pods mount, and reads it back. Its name stays: another name in
 * the resource would restart every pod. The key goes by stdin and nowhere else.
 */
export const secretPutOp: Op = {
  changes: true,
  changesOnly: 'kubernetes',
  async run(input: Input, ctx): Promise<Json> {
    const { place, endpoint, name, content } = await wantedOf(input)
    const found = await readSecret({ place, name }, ctx)
    const { owner, words } = found ? ownerOf(found, endpoint) : { owner: 'ours', words: '' }
    if (owner !== 'ours' && input.adopt !== true)
      throw operatorProblem('ais-operator.foreign-secret', exitCodes.data, {
        subject: `${place.namespace}/${name}`,
        evidence: words,
        fix: foreignFix,
      })
    const fingerprint = new X509Certificate(content.data['tls.crt'] ?? '').fingerprint256
    const manifest = secretManifest(name, place, { endpoint, fingerprint }, content)
    await kubectl(place, [...applyWords, '-o', 'name'], ctx, { stdin: JSON.stringify(manifest) })
    const stored = await readSecret({ place, name }, ctx)
    if (!stored || !holdsData(stored, content))
      throw operatorProblem('ais-operator.foreign-secret', exitCodes.failed, {
        title: 'The Secret does not hold what was put into it.',
        subject: `${place.namespace}/${name}`,
        evidence: 'what was read back is not what was applied',
        fix: 'Look for what else writes it: kubectl get secret -o yaml --show-managed-fields',
      })
    return { held: true, seen: name }
  },
  printed: ({ place, name, files }, show) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), ...applyWords)),
    `  Secret ${show(name)}: ${Object.entries(files as object)
      .map(([key, file]) => `${key} from ${[file].flat().map(show).join(' and ')}`)
      .join(', ')}`,
  ],
  shell: (input, sh) => [
    ...joined(input, sh),
    `${input.adopt === true ? 'ADOPT=1 ' : ''}aisop_secret_put ${wordsOf(input, sh)}`,
  ],
}

/** What is done about a Secret of somebody else that has the name. */
export const foreignFix =
  'Name another one in target.secret, or put target.onConflict: rename into the answers: that one stays as it is.'

const applyWords = [
  ...['apply', '--server-side', '--force-conflicts', `--field-manager=${fieldManager}`, '-f', '-'],
]

async function wantedOf({ place, endpoint, name, files }: Input): Promise<{
  place: Place
  endpoint: string
  name: string
  content: SecretContent
}> {
  const data: Record<string, string> = {}
  for (const [key, path] of Object.entries(files as { [key: string]: string | string[] }))
    data[key] =
      typeof path === 'string'
        ? await readFile(path, 'utf8')
        : (await textsIn(path)) || (data['tls.crt'] ?? '')
  return {
    place: placeOf(place),
    endpoint: String(endpoint),
    name: String(name),
    content: { type: 'kubernetes.io/tls', data },
  }
}

/** Each certificate once. */
async function textsIn(paths: readonly string[]): Promise<string> {
  const texts = await Promise.all(paths.map(path => readFile(path, 'utf8').catch(() => '')))
  const [only = ''] = texts
  return texts.length === 1 ? only : [...new Set(texts.flatMap(pemCertificates))].join('\n')
}

/** Bash that puts the files of a list together. */
function joined({ files }: Record<string, unknown>, sh: ShellWriter): string[] {
  return Object.entries(files as object).flatMap(([key, file]) =>
    Array.isArray(file)
      ? [`aisop_join "$RUN/${key}" ${sh.word(tlsCrt(files))} ${file.map(sh.word).join(' ')}`]
      : [],
  )
}

function tlsCrt(files: unknown): unknown {
  return (files as Record<string, unknown>)['tls.crt']
}

function wordsOf({ place, endpoint, name, files }: Record<string, unknown>, sh: ShellWriter) {
  const data = Object.entries(files as object).map(
    ([key, file]) => `${key}=${Array.isArray(file) ? `"$RUN/${key}"` : sh.word(file)}`,
  )
  return [shellPlace(place, sh), sh.word(endpoint), sh.word(name), ...data].join(' ')
}
