import { quoteWord } from '../../process/quote.ts'
import type { Text } from '../plan.ts'
import type { Predicate } from '../predicate.ts'

/** The variable that holds what a step captured: `serve.address.host` becomes `serve_address_host`. */
export function variable(capture: string): string {
  return capture.replace(/[^A-Za-z0-9]/g, '_')
}

/**
 * A text as one word of bash. Plain strings are quoted, captures and the record's folders are
 * variables in double quotes: no value is ever parsed by the shell.
 */
export function word(text: unknown): string {
  if (typeof text === 'number' || typeof text === 'boolean') return quoteWord(String(text))
  if (typeof text === 'string') return text === '' ? "''" : quoteWord(text)
  const value = text as Exclude<Text, string>
  if ('capture' in value) return captured(value)
  if ('join' in value) return value.join.map(word).join('')
  if ('kept' in value) return `"$NEW"/${quoteWord(value.kept)}`
  return `"$${value.generation === 0 ? 'FOUND' : 'OLD'}"/${quoteWord(value.before)}`
}

function captured({ capture, slice }: Extract<Text, { capture: string }>): string {
  const name = variable(capture)
  if (!slice) return `"$${name}"`
  const [from, to] = slice
  return to === undefined ? `"\${${name}:${from}}"` : `"\${${name}:${from}:${to - from}}"`
}

/** A path as jq takes it: numbers are places in a list. */
export function jqPath(path: string): string {
  return JSON.stringify(path.split('.').map(key => (/^\d+$/.test(key) ? Number(key) : key)))
}

/** A predicate as a jq expression over an answer `{exit, status, text, json, leafSha256}`. */
export function jqOf(predicate: Predicate): string {
  const json = (value: unknown) => JSON.stringify(value)
  if ('exit' in predicate) return `(.exit | IN(${predicate.exit.join(', ')}))`
  if ('status' in predicate) return `(.status | IN(${predicate.status.join(', ')}))`
  if ('regex' in predicate) {
    // in jq "^" and "$" stand for the ends of the text alone: each line is tried, too
    const test = `test(${json(predicate.regex)})`
    return `(.text | ${test} or any(split("\n")[]; ${test}))`
  }
  if ('leafSha256' in predicate) return `(.leafSha256 == ${json(predicate.leafSha256)})`
  if ('not' in predicate) return `(${jqOf(predicate.not)} | not)`
  if ('any' in predicate) return `(${predicate.any.map(jqOf).join(' or ')})`
  const at = `(.json | getpath(${jqPath(predicate.json)}))`
  if ('equals' in predicate) return `(${at} == ${json(predicate.equals)})`
  if ('oneOf' in predicate) return `(${at} | IN(${predicate.oneOf.map(json).join(', ')}))`
  return `(${at} | type == "string" and test(${json(predicate.matches)}))`
}

/** All of some predicates as one jq program in one shell word. */
export function holdsWord(predicates: readonly Predicate[]): string {
  return quoteWord(predicates.map(jqOf).join(' and ') || 'true')
}
