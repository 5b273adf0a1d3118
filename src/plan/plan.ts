import type { Finding } from '../findings.ts'
import type { Predicate } from './predicate.ts'

/** What the eye groups steps by. `serve` proves the target's own address, `reach` goes by name. */
export const phases = ['check', 'prepare', 'change', 'serve', 'dns', 'reach'] as const
export type Phase = (typeof phases)[number]
export type Verb = 'enable' | 'rotate' | 'disable'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * A string that is known now, or only when the plan runs. Nothing else puts strings together.
 * - `capture`: what an earlier step found out, as `STEP.NAME`
 * - `kept`: the path of a file in the generation that this plan makes
 * - `before`: the path of a file in the generation that is current when the plan starts, or in 0
 */
export type Text =
  | string
  | { capture: string; slice?: [number, number?] }
  | { join: Text[] }
  | { kept: string }
  | { before: string; generation?: number }

/** JSON in which any string may be a Text. */
export type Input = Text | number | boolean | null | Input[] | { [key: string]: Input }

/** Durations in a plan are written as people write them: `90s`, `10m`, `6h`. */
type Duration = string

/** A command. `tool` names the entry of the tool table that says how to get it. */
export interface Exec {
  do: 'exec'
  argv: Text[]
  stdin?: Text
  /** Where it runs; by default in the folder that the answers' relative paths hang on. */
  cwd?: Text
  env?: Record<string, Text>
  limit: Duration
  /** What must hold afterwards; by default exit 0. */
  expect?: Predicate[]
  /** Words of the tool that mean a known problem, first match wins. */
  explains?: Explanation[]
}

/** How a tool's words become our finding. */
export interface Explanation {
  when: Predicate
  /** The tool refused before it began: an undo of the step would take away what somebody else made. */
  beganNothing?: boolean
  id: string
  exit: number
  title: string
  why: string
  fix: string
}

export interface Http {
  do: 'http'
  url: Text
  method: 'GET' | 'POST'
  /** The TLS and Host name, where `url` holds an address. */
  name?: Text
  body?: Input
  /** PEM file whose certificates are trusted; by default the system's. */
  roots?: Text
  limit: Duration
  expect?: Predicate[]
  explains?: Explanation[]
}

export interface Handshake {
  do: 'handshake'
  address: Text
  name: Text
  roots?: Text
  limit: Duration
  expect?: Predicate[]
}

export interface Write {
  do: 'write'
  path: Text
  mode: '0600' | '0644'
  content: Content
}

/** How a rendered file is written; `variables` is a line `export NAME=VALUE` for each, for a POSIX shell. */
export type FileForm = 'yaml' | 'json' | 'variables'

/** What a `write` puts into a file. Every value is emitted as a quoted scalar and parsed again. */
export type Content =
  | { text: Text }
  /** A file made of rendered templates, one after the other; YAML where nothing else is said. */
  | { templates: string[]; values: Record<string, Text>; as?: FileForm }
  /** A copy of the user's own YAML file with some paths set to a rendered template, or removed. */
  | {
      yaml: Text
      set?: { at: string[]; template: string; values: Record<string, Text> }[]
      remove?: string[][]
    }

/** Looks again every so often until the predicates hold. */
export interface Wait {
  do: 'wait'
  look: Exec | Http | Handshake | Op
  until: Predicate[]
  every: Duration
  limit: Duration
  /** At the limit: fail (exit 124), or go on and say so. */
  atLimit: 'fail' | 'go-on'
}

/** Something that a person does. With a `look`, it is over when that sees it done. */
export interface Manual {
  do: 'manual'
  text: Text[]
  /** What can be pasted. */
  copy?: Text
  look?: { look: Exec | Http | Handshake | Op; until: Predicate[]; every: Duration }
  limit: Duration
  /** The question asked where there is no look; unattended runs skip the step. */
  ask?: string
  /** At the limit: fail (exit 124, the default), or go on to what judges it. */
  atLimit?: 'fail' | 'go-on'
}

/** A loop or decision that only code can make: data in, data out. */
export interface Op {
  do: `op:${string}`
  input: { [key: string]: Input }
  limit: Duration
  expect?: Predicate[]
}

export type Act = Exec | Http | Handshake | Write | Wait | Manual | Op

/** A read-only act whose answer says whether the world is already as wanted. */
export interface Look {
  look: Exec | Http | Handshake | Op
  already: Predicate[]
  /** Somebody (an earlier run's tool) is at it: look again instead of acting. */
  busy?: Predicate[]
  every?: Duration
  limit?: Duration
}

export interface Price {
  /** A whole sentence in the present tense. */
  text: string
  /** Seconds that clients get no answer, least and most. */
  downtime?: [number, number]
  /** What is lost for good; the endpoint's name must be typed to agree. */
  loses?: string
  money?: string
}

export interface Step {
  /** `PHASE.NAME`, stable. */
  id: string
  phase: Phase
  /** Imperative, the same in all states. */
  title: string
  price?: Price
  look?: Look
  act: Act
  /** Taken back in reverse order when *served* fails. */
  undo?: Step[]
  needs: string[]
  /** Names for what the act (or look) answered: `json` path, or the whole `stdout`. */
  captures?: Record<string, { json: string } | { regex: string }>
  /** What an unattended run does when the act fails; printed when it applies. */
  onFail: 'stop' | 'undo'
  /**
   * Exits of the act, or ids of its finding, that mean that it was refused before it changed anything,
   * or that nothing can be taken back now: the run stops there, with that exit, and takes nothing back.
   */
  stopOn?: (number | string)[]
  /** `undo`: failing takes the run back; `report`: it never undoes, its limit is exit 124. */
  decides?: 'undo' | 'report'
  /** Whether clients get no answer from here on, or get one again. */
  away?: 'begins' | 'ends'
}

export interface Valued {
  value: Json
  from: 'answer' | 'default' | 'found' | 'record'
}

/** The whole plan: what is shown is what runs. */
export interface Plan {
  schema: 'secure-endpoint/plan@1'
  endpoint: string
  verb: Verb
  target: string
  /** What is changed, in one line: "SkyServe service NAME, server URL". */
  changes: string
  world: { [key: string]: Json }
  values: Record<string, Valued>
  /** Warnings and notes of all checks, in their order; a plan that an earlier version has kept lacks them. */
  findings?: Finding[]
  steps: Step[]
  /** SHA-256 over the canonical JSON of `steps`. */
  digest: string
}
