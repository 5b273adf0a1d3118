import type { Answered, Answers, CertificateAnswers } from '../answers/answers.ts'
import type { Question } from '../answers/question.ts'
import type { Secrets } from '../answers/secret.ts'
import type { CertificateProfile } from '../certificates/profile.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Finding } from '../findings.ts'
import type { RequestOptions, RequestResult } from '../net/request.ts'
import type { OpTable, Performing } from '../plan/op.ts'
import type { Json, Step } from '../plan/plan.ts'
import type { Recent } from '../plan/recent.ts'
import type { ToolCall, ToolResult } from '../process/tool.ts'
import type { Held } from '../proof/held.ts'
import type { Server } from '../proof/servers.ts'
import type { EndpointRecord } from '../record/endpoint.ts'
import type { World } from '../world.ts'

/**
 * What a target's clients must change after a run: variables, trust, URLs, probes. In a plan its texts
 * may hang on what only the run finds out; in the record they are strings.
 */
export interface ClientSetup<T = string> {
  /** Who: "every client", "curl", "Python". */
  who: string
  /** One full sentence. */
  text: T
  /** What can be pasted, where there is something. */
  command?: T
}

/** What was read of the target before a plan is made. A problem that reading met is a value, too. */
export interface Discovery<P> {
  present: P
  findings: Finding[]
  /** What the steps of a plan need not ask again, where it is carried out at once. */
  recent?: Recent
  /** Exit code of a command that cannot go on, where a finding blocks. */
  exit?: ExitCode
}

/** What the command knows beside the answers when the target is read. */
export interface Known {
  /** The record, where the endpoint has one. */
  record?: EndpointRecord | undefined
  secrets: Secrets
}

/** What opening a way to an endpoint may use. */
interface Reaching extends Pick<Performing, 'run' | 'signal' | 'world'> {
  /** What is recorded of it, once it has been proven. */
  record?: EndpointRecord | undefined
}

/** All that a target needs to write steps. */
export interface Wanted<P> {
  answers: Answers
  present: P
  /** The record, where the endpoint has one. */
  record?: EndpointRecord
  /** The number of the generation that is current, where there is one, and the leaf in it. */
  before?: number
  beforeLeaf?: string
  /** Absolute folder of the generation that the plan makes, or keeps where nothing is to be made. */
  kept: string
  /** Its number; 0 is what was found on an adopted target. */
  generation: number
  /** Whether clients must be given the root: `roots.pem` is in the new generation then. */
  privateRoot: boolean
  /** Whether the new pair leads to a root that is not among those of the generation before. */
  newRoot: boolean
}

/**
 * How the rehearsal stands for a target: the tools' words and exit codes, and what is served. It acts
 * on the argv that the plan would run.
 */
export interface Stage {
  tool(call: ToolCall): Promise<ToolResult>
  /** Answers for the vendor's API. */
  api(options: RequestOptions): Promise<RequestResult>
}

/** How a loopback server of a stage is like the real one. */
interface StagePort {
  /** The port that it had before, where the real one keeps its own; by default any that is free. */
  port?: number
  /** What plain HTTP gets on the TLS port: Go's 400 with its words, or (by default) no answer. */
  plain?: 'bad-request'
  /** What it asks of its clients, as Go's tls.ClientAuthType; PEM of the roots that sign theirs. */
  clients?: { level: number; roots: string }
}

/** What the rehearsal gives to a stage: the loopback servers that it may start. */
export interface StageKit {
  world: World
  /**
   * Serves TLS with a pair of PEM files as the target would; resolves to its port. Until `readyAt`
   * (ms since 1970) it says that no replica is ready.
   */
  serveTls(options: { chain: string; key: string; readyAt: number } & StagePort): Promise<number>
  serveHttp(options: { readyAt: number } & StagePort): Promise<number>
  /** Ends one of the two. */
  stop(port: number): Promise<void>
}

/** A file below `templates/` that some scripts need. */
export interface ShellPart {
  file: string
  /** Only where the plan has this op. */
  op: string
  /** It is no bash of the script's own: a function of this name prints it. */
  printedBy?: string
}

/** What the interview and `doctor` must know of a target before somebody chooses it. */
export interface TargetAbout {
  /** The value of `target.kind`. */
  kind: string
  /** As choices and findings name it: "SkyServe service". */
  title: string
  /** Its questions, ids under `target.`. */
  questions: readonly Question[]
  /** Where DNS names lead to this target at all. */
  hasOutsideName: boolean
  /** The path that is asked for after the handshake where the answers name none; `/` by default. */
  healthPath?: string
  /** Names of entries in the tool table. */
  tools: readonly string[]
  /** Who may make and renew its certificate in our place; by default nobody. */
  managedBy?: readonly Extract<CertificateAnswers, { source: 'managed' }>['via'][]
}

export interface Target<P = unknown> extends TargetAbout {
  /** Reads the present state; bounded, changes nothing, never throws for a missing tool. */
  discover(answered: Answered, world: World, known: Known): Promise<Discovery<P>>
  /** What two runs must not touch at once. */
  identity(answers: Answers, present: P): string
  /** One line: what is changed and where. */
  changes(answers: Answers, present: P): string
  /**
   * What leaf, chain and key must look like. Without `present` as far as the answers tell: files are
   * judged by it before the target is read, and again with what only the target knows.
   */
  profile(answers: Answers, present?: P): CertificateProfile
  enable(wanted: Wanted<P>): Step[]
  rotate(wanted: Wanted<P>): Step[]
  disable(wanted: Wanted<P>): Step[]
  /** The way back where nothing of it answers any more, by what lies on this machine. */
  offline?: Pick<Target<P>, 'discover' | 'disable'>
  /** What was read, for the reader of a plan. */
  world(present: P): Record<string, Json>
  /**
   * Opens what leads to each server of the endpoint where nothing from outside does, for `verify` and
   * `status`; without it the record's addresses are reached as they are. What it can not lead to is
   * handed over as a sentence, `notSeen`.
   */
  reach?<T>(
    answered: Answered,
    calling: Reaching,
    use: (servers: Server[], notSeen?: string) => Promise<T>,
  ): Promise<T>
  /**
   * Reads the certificate that what serves will read when it starts again, where that is kept apart from
   * it: for `verify`, `status` and `doctor`. Never the key. `leaf` is the recorded fingerprint.
   */
  held?(answered: Answered, calling: Reaching & { leaf?: string }): Promise<Held | undefined>
  /**
   * Read-only steps that tell whether this machine can drive the target, and with an endpoint's answers
   * how it stands with what that hangs on: for `doctor`.
   */
  preflight(world: World, answered?: Answered): Promise<Step[]>
  ops: OpTable
  /** Parts of its exported script; by default its own `KIND/functions.sh`. */
  shell?: readonly (string | ShellPart)[]
  /** What a rehearsal needs of it. */
  stage(answers: Answers, kit: StageKit): Promise<Stage>
}
