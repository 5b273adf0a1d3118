import type { Secrets } from '../answers/secret.ts'
import type { Finding } from '../findings.ts'
import type { Redact } from '../process/redact.ts'
import type { RunTool } from '../process/tool.ts'
import type { RecordPaths } from '../record/paths.ts'
import type { World } from '../world.ts'
import type { ProofResult, Standing } from './events.ts'
import type { Json } from './plan.ts'
import type { Recent } from './recent.ts'
import type { Bindings } from './text.ts'

/** Where the run's record lies, for the steps that keep certificates. */
interface RunRecord {
  paths: RecordPaths
  /** The number of the generation that this plan makes, or is about. */
  generation: number
  /** Names the run, also when it is taken up: a generation may have what an earlier run has left there. */
  run: string
  /** The one that was current when the plan was made. */
  before?: number
}

/** What an act may touch while it is performed. */
export interface Performing {
  world: World
  /** As `world.run`, but journaled and, in a rehearsal, answered by the stage. */
  run: RunTool
  redact: Redact
  /** Fires when the step is to stop: its limit, or the run. */
  signal: AbortSignal
  /** Fires when the run is to stop: for what a step leaves to later ones. */
  runSignal: AbortSignal
  bindings: Bindings
  ops: OpTable
  /** The folder that the answers' relative paths hang on. */
  userFolder: string
  record: RunRecord
  /** Secrets that were asked for or read from where the answers point; never written anywhere. */
  secrets: Secrets
  /** In a rehearsal every address is on loopback, and no wait is longer than this. */
  rehearsal?: { limitCapMs: number }
  /** Says what is seen now. `line` marks a line of a tool's output; `standing` says it in rows. */
  say(seen: string, more?: { line?: boolean; standing?: Standing }): void
  proof(result: ProofResult): void
  finding(found: Finding): void
  /** Shows a wait and lets the time pass; the user may cut it short or leave. */
  wait(state: WaitState): Promise<'look' | 'leave'>
  /** Asks a person yes or no; undefined where nobody can be asked. */
  ask?: (question: string) => Promise<boolean>
  /** Lets something go when the run ends, however it does: a lease that it holds. */
  atEnd(release: () => Promise<void>): void
  /** What a step leaves open for a later one, by name: a tunnel. Whoever opens it closes it `atEnd`. */
  open: Map<string, unknown>
  /** What goes on beside the steps, by name; a call ends it and gives what it saw. */
  underway: Map<string, () => Promise<Json>>
  /** Answers of looks, until something is changed: the same question twice in a row costs once. */
  recent: Recent
}

interface WaitState {
  elapsedMs: number
  limitMs: number
  /** After this long it is looked again. */
  nextMs: number
  seen: Json
  manual?: { text: string[]; copy?: string }
}

/**
 * A loop or decision that data cannot express. Three forms, as every act: it runs, it is printed, and
 * it is exported to a script.
 */
export interface Op {
  /** Whether it changes the target; a look never does, nor what only writes to the record. */
  changes: boolean
  /** The only system that it changes, where what was read of others a moment ago stays true. */
  changesOnly?: string
  /** It forgets by itself what it makes untrue: what it reads after its last change may stand. */
  forgets?: true
  /** What it does is over when the run is: a lease. Nothing of it is left to be taken up. */
  endsWithRun?: true
  run(input: Record<string, Json>, ctx: Performing): Promise<Json>
  /** The commands that a person would type for the same; shown and copied. */
  printed(input: Record<string, unknown>, show: Show): string[]
  /** Lines of bash; the answer as JSON on stdout. */
  shell(input: Record<string, unknown>, sh: ShellWriter): string[]
}

/** Shows a Text to a person: what is not known yet as `<name>`. */
export type Show = (text: unknown) => string

/** Writes Texts into bash: quoted words and variable references. */
export interface ShellWriter {
  /** A word that the shell reads as exactly this value. */
  word(text: unknown): string
}

export type OpTable = Readonly<Record<string, Op>>
