import type { Json } from '../plan/plan.ts'
import type { World } from '../world.ts'

/** A value as a validator leaves it, or what is wrong with it and what to write instead. */
export type Checked = { value: Json } | { wrong: string; fix: string }
export type Check = (value: Json) => Checked

/** One thing that can be chosen. With `impossible` it stays visible, with its reason and way out. */
export interface Choice {
  value: string
  title: string
  note?: string
  /** Answers to other questions that choosing this one gives. */
  also?: Readonly<Record<string, Json>>
  impossible?: Refusal
  /** Impossible beside this answer. */
  refusedBy?: Condition & Refusal
}

/** Why something cannot be chosen, and the way out. */
interface Refusal {
  reason: string
  fix: string
}

/** Another question's answer that must be one of these for this one to apply. */
export interface Condition {
  id: string
  is: readonly string[]
}

/** What finding candidates may use: the machine, read-only, and the answers so far. */
export interface Search {
  world: World
  answers: Draft
  /** Folder that relative paths hang on. */
  folder: string
  /** What stands in the field so far: a path to look below. */
  typed: string
  signal: AbortSignal
}

/** What a question knows of a candidate that the machine found. */
export interface Found {
  choices: Choice[]
  /** Where it was read and how long that took, e.g. `read with sky, 4.1 s`. */
  source?: string
}

/**
 * One question of the interview. Ink draws it, Inquirer asks it, an answers file answers it, and the
 * JSON Schema and the error paths come from it.
 */
export interface Question {
  /** Its path in an answers file: `certificate.source`. */
  id: string
  /** A full sentence. */
  text: string
  /** What stands before the input field: `Domain`. */
  noun: string
  /** One or two sentences. */
  help: string
  kind: 'text' | 'choice' | 'file' | 'integer' | 'duration' | 'list' | 'codes' | 'secret'
  /** What can be chosen whatever the machine is like. */
  choices?: readonly Choice[]
  /** All must hold for the question to apply. */
  when?: readonly Condition[]
  /** Without an answer: a value, or nothing (the key is left out). Absent: the answer is needed. */
  fallback?: (answers: Draft) => Json | undefined
  /** Whether the interview asks it, or leaves it at its fallback until someone changes it. */
  asked: boolean
  check: Check
  /** Of a secret: the findings that say that it is wanted or refused. Whoever is there is asked then. */
  askedOn?: readonly string[]
  /** Of a secret: each line of its file is one of several. */
  lines?: true
  find?: (from: Search) => Promise<Found>
}

export type Origin = 'answer' | 'default' | 'found' | 'record'

/**
 * The answers so far, by question id; null is an answer that leaves the question at its fallback.
 * Answers whose question no longer applies are kept.
 */
export type Draft = Readonly<Record<string, { value: Json; from: Origin }>>

/** The value that an answer or the fallback gives. */
export function answerTo(question: Question, answers: Draft): Json | undefined {
  const given = answers[question.id]?.value
  return given === undefined || given === null ? question.fallback?.(answers) : given
}

/** What can be chosen, given the answers so far. Those that can stay the same values. */
export function choicesFor({ choices = [] }: Question, answers: Draft): Choice[] {
  return choices.map(choice => {
    const { refusedBy } = choice
    const refused = refusedBy?.is.includes(String(answers[refusedBy.id]?.value))
    return refusedBy && refused ? { ...choice, impossible: refusedBy } : choice
  })
}

/** Whether a question applies, given the answers so far and the questions that these belong to. */
export function applies(question: Question, answers: Draft, all: readonly Question[]): boolean {
  return (question.when ?? []).every(({ id, is }) => {
    const other = all.find(each => each.id === id)
    if (!other || !applies(other, answers, all)) return false
    return is.includes(String(answerTo(other, answers)))
  })
}
