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
import type { Op, ShellWriter } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { operatorProblem } from './problems.ts'

type Input = Record<string, Json>

/** Whether the Secret that the pods mount holds the pair: `{place, endpoint, name, files}`. */
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
  shell: (input, sh) => [`aisop_secret_look ${wordsOf(input, sh)}`],
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
        fix: 'Name another one in target.secret, or put target.onConflict: adopt into the answers.',
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
      .map(([key, file]) => `${key} from ${show(file)}`)
      .join(', ')}`,
  ],
  shell: (input, sh) => [`aisop_secret_put ${wordsOf(input, sh)}`],
}

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
  for (const [key, path] of Object.entries(files as { [key: string]: string }))
    data[key] = await readFile(path, 'utf8')
  return {
    place: placeOf(place),
    endpoint: String(endpoint),
    name: String(name),
    content: { type: 'kubernetes.io/tls', data },
  }
}

function wordsOf({ place, endpoint, name, files }: Record<string, unknown>, sh: ShellWriter) {
  const data = Object.entries(files as object).map(([key, file]) => `${key}=${sh.word(file)}`)
  return [shellPlace(place, sh), sh.word(endpoint), sh.word(name), ...data].join(' ')
}
