import { Problem, titleOf } from '../errors.ts'
import { pemCertificates } from '../net/roots.ts'
import { quoteCommand } from '../process/quote.ts'
import { succeeded } from '../process/tool.ts'
import type { Held } from '../proof/held.ts'
import { tryKubectl } from './kubectl.ts'
import { type Calling, kubectlArgv, type Place } from './place.ts'
import { kubernetesProblem } from './problems.ts'

/** Milliseconds for one answer. */
const limitMs = 20_000

/**
 * The chain under one key of a Secret; nothing else of it leaves the cluster. Whoever may not read it, or
 * does not reach the cluster, is told so in `unseen`.
 */
export async function heldInSecret(
  { place, name, key }: { place: Place; name: string; key: string },
  { run, signal, userFolder }: Calling,
): Promise<Held> {
  const path = `-o=jsonpath={.data.${key.replaceAll('.', '\\.')}}`
  const words = ['get', 'secret', name, '--ignore-not-found', path]
  const base = {
    what: `Secret ${name} in namespace ${place.namespace}`,
    command: `${quoteCommand(kubectlArgv(place, ...words))} | base64 -d | openssl x509 -noout -fingerprint -sha256`,
  }
  const result = await tryKubectl(place, words, { run, signal, userFolder }, { limitMs })
  if (succeeded(result)) {
    const text = Buffer.from(result.stdout, 'base64').toString('utf8')
    return { ...base, chain: pemCertificates(text) }
  }
  const problem = kubernetesProblem(result, place, limitMs)
  if (!(problem instanceof Problem)) throw problem
  return { ...base, chain: [], unseen: titleOf(problem) }
}
