import type { Interview } from '../answers/interview.ts'
import type { Found, Question } from '../answers/question.ts'
import type { Judgement } from '../certificates/judgement.ts'
import type { Problem } from '../errors.ts'
import type { Event } from '../plan/events.ts'
import type { Plan, Step } from '../plan/plan.ts'
import type { Decision } from '../plan/run.ts'
import type { EndpointStatus } from '../status/endpoint-status.ts'
import type { Line } from './words/line.ts'

/** One row that can be chosen; an impossible one stays visible with its reason and way out. */
export interface Row<T extends string> {
  value: T
  title: string
  note?: string
  impossible?: { reason: string; fix: string }
}

export interface Home {
  version: string
  /** What was found on the machine, a line each. */
  found: Line[]
  rows: Row<HomeChoice>[]
}

export type HomeChoice = 'secure' | 'rehearse' | 'verify' | 'finish' | 'rotate' | 'status'

export interface Asking {
  /** The ones to ask now. */
  questions: readonly Question[]
  /** The whole interview, where `questions` is a part of it: "Question 4 of 9" counts these. */
  all?: readonly Question[]
  /** What the machine finds for a question; what was found before is kept unless `again` is set. */
  find(question: Question, interview: Interview, typed: string, again?: boolean): Promise<Found>
}

export type GateChoice = 'continue' | 'other-files' | 'change-domain' | 'leave' | `take:${string}`

export interface Reviewed {
  plan: Plan
  review: Line[]
  /** All steps with their commands, for `e`. */
  commands: Line[]
  /** The plan as a shell script, for `c`. */
  script: string
  /** Where the answers would be saved; without it they stand elsewhere and are not changed here. */
  saveAs?: string
  /** A rehearsal of this plan has passed: the cursor may start on "Run it". */
  rehearsed: boolean
}

export type ReviewChoice = 'run' | 'rehearse' | 'change' | 'save' | 'back'

/** A run as a person sees it. */
export interface RunView {
  onEvent(event: Event): void
  /** Lets a wait's time pass; `r` ends it early, `q` leaves. */
  pause(ms: number, signal: AbortSignal): Promise<'look' | 'leave'>
  ask(question: string): Promise<boolean>
  decide(step: Step, problem: Problem): Promise<Decision>
  /** Takes the frame away; what is printed stays. */
  close(): Promise<void>
}

export interface Watch {
  names: readonly string[]
  /** What is recorded: drawn at once. */
  recorded: readonly EndpointStatus[]
  look(name: string, signal: AbortSignal): Promise<EndpointStatus>
  now(): number
}

/**
 * How a person is met. Ink draws it, the plain front asks it line by line; neither decides anything.
 * Every method throws Interrupted when the user stops.
 */
export interface Front {
  home(home: Home): Promise<HomeChoice>
  /** Asks until all has an answer. `undefined`: Esc at the first question. */
  interview(interview: Interview, asking: Asking): Promise<Interview | undefined>
  /** A line of text: an address to verify, the name of an endpoint. */
  line(
    question: string,
    noun: string,
    check: (text: string) => string | undefined,
  ): Promise<string | undefined>
  passphrase(file: string, wrong: string | undefined): Promise<string | undefined>
  /** A secret that is typed and never shown; undefined where nothing was typed. */
  secret(question: string, noun: string, wrong: string | undefined): Promise<string | undefined>
  gate(judgement: Judgement, now: number): Promise<GateChoice>
  review(reviewed: Reviewed): Promise<ReviewChoice>
  /** The id of the answer to change; undefined to go back. */
  change(interview: Interview, questions: readonly Question[]): Promise<string | undefined>
  /** One of some rows. */
  choose<T extends string>(title: string, rows: Row<T>[]): Promise<T | undefined>
  run(plan: Plan): RunView
  /** A live status screen; ends when the user leaves. `look` asks one endpoint anew. */
  watch(watch: Watch): Promise<void>
  /** Says what runs while nobody is asked, until the work is over; gives its result. */
  busy<T>(text: string, work: () => Promise<T>): Promise<T>
  /** Prints finished lines above the frame. */
  print(lines: readonly Line[]): void
}
