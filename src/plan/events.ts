import type { Finding } from '../findings.ts'
import type { Json, Phase, Price, Verb } from './plan.ts'

export type ProofState = 'pass' | 'fail' | 'skip' | 'unknown'

/** One probe's result. `unknown` is not a pass; `skip` says why in `seen`. */
export interface ProofResult {
  id: string
  decides: 'undo' | 'report'
  state: ProofState
  expected: string
  seen: string
  /** What was looked at, in lines: tool output, a chain. */
  evidence: string[]
  /** The equivalent command to copy. */
  command: string
  /** What it means for clients when it is not a pass. */
  means: string
  fix: string
  address?: string
  tookMs: number
  /** How often it was tried, and over how many seconds, when more than once. */
  tried?: { times: number; overMs: number }
}

export type Outcome = 'done' | 'failed' | 'rolled-back' | 'interrupted'

/** What one server says in a DNS wait. */
export interface DnsSeen {
  server: string
  role: 'zone' | 'resolver' | 'named'
  says: string
  state: 'right' | 'wrong' | 'absent' | 'unknown'
  note?: string
}

/** Where each part of what a step changes stands now: a workload, a node. */
export interface Standing {
  /** A word above each column. */
  head: string[]
  rows: { state: 'done' | 'runs' | 'wrong'; cells: string[] }[]
  /** What the worst of them says. */
  says?: string
}

type Body =
  | {
      type: 'run.started'
      endpoint: string
      verb: Verb
      target: string
      digest: string
      steps: number
      rehearsal: boolean
    }
  | {
      type: 'step.started'
      id: string
      phase: Phase
      title: string
      command: string[]
      limitMs: number
      price?: Price
      undo?: boolean
    }
  | { type: 'step.already'; id: string; title: string; seen: string; tookMs: number }
  | {
      type: 'step.progress'
      id: string
      elapsedMs: number
      limitMs: number
      seen: string
      /** A raw line of a tool. */
      line?: boolean
      /** The same in rows, where several things are waited for at once. */
      standing?: Standing
    }
  | { type: 'step.done'; id: string; title: string; tookMs: number; seen: string; notRun?: boolean }
  | { type: 'step.skipped'; id: string; title: string; why: string }
  | {
      type: 'step.failed'
      id: string
      title: string
      tookMs: number
      exit: number
      findings: Finding[]
      output: string[]
      rule: 'stop' | 'undo' | 'ask'
    }
  | { type: 'step.undone'; id: string; title: string; tookMs: number }
  | {
      type: 'wait'
      id: string
      elapsedMs: number
      limitMs: number
      nextMs: number
      seen: Json | DnsSeen[]
      /** What a person has to do, and what can be pasted. */
      manual?: { text: string[]; copy?: string }
    }
  | ({ type: 'proof'; step: string } & ProofResult)
  | ({ type: 'finding' } & Finding)
  | {
      type: 'run.finished'
      outcome: Outcome
      exit: number
      tookMs: number
      /** Titles of the steps that changed something, of those not reached, and what clients see now. */
      done: string[]
      notDone: string[]
      now: string
    }

/** One line of `--json`, one line of the journal, and all that a screen is drawn from. */
export type Event = {
  schema: 'secure-endpoint/event@1'
  run: string
  seq: number
  /** ISO time. */
  time: string
} & Body

export type EventBody = Body
