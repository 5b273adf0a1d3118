import { exitCodes } from '../exit-codes.ts'
import type { Json } from '../plan/plan.ts'
import { succeeded, type ToolResult } from '../process/tool.ts'
import { toolFinding } from '../process/tool-problem.ts'
import { whileAway } from './away.ts'
import { createJsonSplitter } from './json-stream.ts'
import { type Calling, type Cluster, kubectlArgv } from './place.ts'
import { kubernetesProblem } from './problems.ts'

/**
 * For objects of our own, whose shape is known: kubectl would fetch the server's schema first, half of
 * what a call takes (kubectl 1.34: 0.20 s and 0.13 s).
 */
export const unvalidated = '--validate=false'

const limitMs = 60_000

/** One call of kubectl. Throws the finding that a failure means. */
export async function kubectl(
  at: Cluster & { namespace?: string },
  words: string[],
  calling: Calling,
  more: { stdin?: string; limitMs?: number } = {},
): Promise<ToolResult> {
  const result = await tryKubectl(at, words, calling, more)
  if (!succeeded(result)) throw kubernetesProblem(result, at, more.limitMs ?? limitMs)
  return result
}

/**
 * The same, but how it ended is the caller's to judge. While a run works, an API server that is away
 * is waited for: what is called must be what may be called twice.
 */
export function tryKubectl(
  at: Cluster & { namespace?: string },
  words: string[],
  calling: Calling,
  more: { stdin?: string; limitMs?: number } = {},
): Promise<ToolResult> {
  const call = {
    argv: kubectlArgv(at, ...words),
    limitMs: more.limitMs ?? limitMs,
    signal: calling.signal,
    cwd: calling.userFolder,
    ...(more.stdin === undefined ? {} : { stdin: more.stdin }),
  }
  return whileAway(
    at,
    calling,
    () => calling.run(call),
    result => (succeeded(result) ? undefined : kubernetesProblem(result, at, call.limitMs)),
  )
}

/** The JSON documents that a call answers; many objects come one after the other or as a List. */
export async function kubectlObjects(
  at: Cluster & { namespace?: string },
  words: string[],
  calling: Calling,
  more: { stdin?: string; limitMs?: number } = {},
): Promise<KubeObject[]> {
  const result = await kubectl(at, [...words, '-o', 'json'], calling, more)
  const found: KubeObject[] = []
  const splitter = createJsonSplitter(value => found.push(...itemsOf(value)))
  for (const line of result.stdout.split('\n')) splitter(line)
  if (found.length === 0 && !result.stdout.includes('"items"')) {
    const title = 'kubectl answered something that cannot be understood.'
    const fix = 'Look whether this is the kubectl that you mean: type -a kubectl'
    throw toolFinding(exitCodes.unavailable, 'tool.rubbish', 'kubectl', title, 'no JSON', fix)
  }
  return found
}

function itemsOf(value: Json): KubeObject[] {
  const object = value as unknown as KubeObject & { items?: KubeObject[] }
  return Array.isArray(object.items) ? object.items : [object]
}

/** An object of Kubernetes, as far as is read of it here. */
export interface KubeObject {
  kind: string
  metadata: {
    name: string
    uid?: string
    namespace?: string
    generation?: number
    resourceVersion?: string
    creationTimestamp?: string
    deletionTimestamp?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    ownerReferences?: { kind: string; name: string }[]
    managedFields?: { manager: string; operation: string; subresource?: string }[]
  }
  // biome-ignore lint/suspicious/noExplicitAny: the shape differs by kind, and hostile values are checked where used
  spec?: any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  status?: any
  type?: string
  data?: Record<string, string>
}
