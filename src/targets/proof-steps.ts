import type { Answers } from '../answers/answers.ts'
import { durationMs } from '../duration.ts'
import type { Input, Step } from '../plan/plan.ts'
import type { Wanted } from './target.ts'

/** What an op is given, by name. */
export type Inputs = { [key: string]: Input }

/**
 * What every proof asks with: the name, the path and what it must answer.
 *
 * @param waitMs milliseconds that may pass until it holds; by default as the answers say
 */
export function askOf({ domain, proof }: Answers, waitMs = durationMs(proof.wait)): Inputs {
  return { name: domain, path: proof.path, expect: proof.expect, waitMs }
}

/** The same of the pair that a run puts in place: its leaf, and the root that clients are given. */
export function askOfNew({
  answers,
  privateRoot,
}: Pick<Wanted<unknown>, 'answers' | 'privateRoot'>): Inputs {
  return {
    ...askOf(answers),
    leaf: { capture: 'prepare.certificate.fingerprint' },
    ...(privateRoot ? { roots: { kept: 'roots.pem' } } : {}),
  }
}

/**
 * An act that ends well when what it proves holds.
 *
 * @param op name in the table of ops
 */
export function proofAct(op: string, input: Inputs): Step['act'] {
  return { do: `op:${op}`, input, limit: '1h', expect: [{ json: 'pass', equals: true }] }
}

/** The proof that decides whether a change stays. */
export function servedStep(title: string, act: Step['act'], needs: string[]): Step {
  return {
    id: 'serve.proof',
    phase: 'serve',
    title,
    act,
    needs,
    onFail: 'undo',
    decides: 'undo',
    away: 'ends',
  }
}

/** What every step of an undo has in common. */
export const undoBase: Pick<Step, 'phase' | 'needs' | 'onFail'> = {
  phase: 'change',
  needs: [],
  onFail: 'stop',
}

/** The proof that an undo ends with. */
export function undoProofStep(act: Step['act'], title = 'Prove that it serves what it did'): Step {
  return { ...undoBase, id: 'undo.proof', title, act, away: 'ends' }
}
