import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { barePems, pemCertificates } from '../net/roots.ts'
import type { ProofResult } from '../plan/events.ts'
import { currentGeneration, generationFolder } from '../record/generation.ts'
import type { RecordPaths } from '../record/paths.ts'

/**
 * What servers will read when they start again, while they still serve what they have read before: the
 * Secret that their pods mount. Of the key nothing is read.
 */
export interface Held {
  /** As a sentence begins with it: `Secret prod-1a2b3c4d in namespace feldera`. */
  what: string
  /** PEM certificates in it, leaf first; none where it is gone or holds no certificate. */
  chain: readonly string[]
  /** Why it could not be looked at, in a full sentence. */
  unseen?: string
  /** The command that shows it. */
  command: string
}

/** How what is held stands to what is recorded. `unseen` is no verdict. */
export interface HeldStatus {
  state: 'as-recorded' | 'changed' | 'unseen'
  /** In one line: `Secret … was changed by hand: it holds 75:C0:96:D0, recorded is 1B:22:4F:09`. */
  seen: string
}

/** What it means for clients, wherever it is told. */
export const heldMeans = 'It is served from the next restart of a pod on, at the latest.'

/** The next command to type. */
export function heldFix(name: string): string {
  return `Run the init that made it again, which puts the recorded pair back, or put a new one in place: secure-endpoint rotate ${name}`
}

/** The chain of the current generation, leaf first; empty where none is kept here. */
export async function recordedChain(paths: RecordPaths): Promise<string[]> {
  const path = join(generationFolder(paths, (await currentGeneration(paths)) ?? 0), 'chain.pem')
  return pemCertificates(await readFile(path, 'utf8').catch(() => ''))
}

/** Compares what is held with the recorded chain: the components of some targets trust its end alone. */
export function judgeHeld({ what, chain, unseen }: Held, recorded: readonly string[]): HeldStatus {
  const [wanted] = recorded.map(shortened)
  const why = unseen ?? (wanted === undefined ? 'No chain of it is recorded here.' : undefined)
  if (why !== undefined) return { state: 'unseen', seen: `not looked at: ${why} (${what})` }
  const bare = (pems: readonly string[]) => barePems(pems.join('\n')).join()
  if (bare(chain) === bare(recorded)) return { state: 'as-recorded', seen: what }
  const [leaf] = chain.map(shortened)
  const holds =
    leaf === undefined
      ? 'it is gone, or holds no certificate'
      : leaf === wanted
        ? `it holds the recorded leaf ${leaf} with another chain`
        : `it holds ${leaf}, recorded is ${wanted}`
  return { state: 'changed', seen: `${what} was changed by hand: ${holds}` }
}

/** The same as a probe, for `verify`; what could not be looked at fails nothing. */
export function probeHeld(
  held: Held,
  recorded: readonly string[],
  { name, tookMs }: { name: string; tookMs: number },
): ProofResult {
  const { state, seen } = judgeHeld(held, recorded)
  const states = { 'as-recorded': 'pass', changed: 'fail', unseen: 'skip' } as const
  return {
    id: 'secret.leaf',
    decides: 'report',
    state: states[state],
    expected: 'the recorded chain',
    seen,
    evidence: state === 'changed' ? [seen] : [],
    command: held.command,
    means: heldMeans,
    fix: heldFix(name),
    tookMs,
  }
}

/** The first bytes of a certificate's fingerprint, as people compare them. */
function shortened(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint256.slice(0, 11)
  } catch {
    return 'something that is no certificate'
  }
}
