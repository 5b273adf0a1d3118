import type { Json, Text } from './plan.ts'

/** A test on what an act answered. Data, so that it can be printed and exported. */
export type Predicate =
  | { exit: number[] }
  | { status: number[] }
  | { json: string; equals: Json }
  | { json: string; oneOf: Json[] }
  | { json: string; matches: string }
  | { regex: string }
  | { leafSha256: Text }
  | { not: Predicate }
  | { any: Predicate[] }

/** What every kind of act answers, in one shape. */
export interface Answer {
  /** Exit code of a command. */
  exit?: number | undefined
  /** HTTP status. */
  status?: number | undefined
  /** stdout and stderr, or a body, or an error's text. */
  text: string
  json?: Json | undefined
  /** Fingerprint of the served leaf, when a handshake got that far. */
  leafSha256?: string | undefined
  /** What is seen, in a few words, for a person. */
  seen: string
}

export function holds(predicate: Predicate, answer: Answer): boolean {
  if ('exit' in predicate) return answer.exit !== undefined && predicate.exit.includes(answer.exit)
  if ('status' in predicate) {
    return answer.status !== undefined && predicate.status.includes(answer.status)
  }
  if ('regex' in predicate) return new RegExp(predicate.regex, 'm').test(answer.text)
  if ('leafSha256' in predicate) return answer.leafSha256 === predicate.leafSha256
  if ('not' in predicate) return !holds(predicate.not, answer)
  if ('any' in predicate) return predicate.any.some(each => holds(each, answer))
  const value = atPath(answer.json, predicate.json)
  if ('equals' in predicate) return isEqual(value, predicate.equals)
  if ('oneOf' in predicate) return predicate.oneOf.some(each => isEqual(value, each))
  return typeof value === 'string' && new RegExp(predicate.matches).test(value)
}

export function allHold(predicates: readonly Predicate[], answer: Answer): boolean {
  return predicates.every(predicate => holds(predicate, answer))
}

/** The value at a dotted path (`items.0.name`); undefined where there is none. */
export function atPath(json: Json | undefined, path: string): Json | undefined {
  let value: Json | undefined = json
  for (const key of path === '' ? [] : path.split('.')) {
    if (value === null || typeof value !== 'object') return undefined
    value = Object.hasOwn(value, key) ? (value as { [key: string]: Json })[key] : undefined
  }
  return value
}

function isEqual(a: Json | undefined, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
