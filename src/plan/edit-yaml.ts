import { type Document, isMap, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { oneLine } from '../process/plain-text.ts'
import type { World } from '../world.ts'
import { canonicalJson } from './digest.ts'
import type { Json } from './plan.ts'
import { renderYaml } from './template.ts'

export interface YamlEdit {
  set: { at: string[]; template: string; values: Record<string, string> }[]
  remove: string[][]
  /** How the source is named in messages. */
  name: string
}

/**
 * A copy of a user's YAML with some paths set or removed. Comments, order and formatting of all that is
 * not touched stay to the letter; the result is parsed again and must differ in nothing else.
 *
 * @throws Problem with exit 65 when the source is no YAML mapping
 */
export async function editYaml(
  source: string,
  edit: YamlEdit,
  world: Pick<World, 'env' | 'home'>,
): Promise<string> {
  const wanted = parse(source, edit.name)
  let text = source
  for (const path of edit.remove) {
    text = removeAt(text, path)
    removeFrom(wanted, path)
  }
  for (const { at, template, values } of edit.set) {
    const value = await renderYaml(template, values, world)
    text = insertAt(removeAt(text, at), at, value)
    setIn(wanted, at, value)
  }
  return isSame(text, wanted) ? text : throughDocument(source, edit, wanted)
}

/** The value of a YAML file that must be a mapping. */
export function parse(source: string, name: string): { [key: string]: Json } {
  const document = parseDocument(source, { prettyErrors: false })
  const error = document.errors[0]
  const whole = error ? error.message : isMap(document.contents) ? plainValue(document) : ''
  if (typeof whole !== 'string') return whole
  throw problem(exitCodes.data, {
    id: 'answers.no-mapping',
    title: `${name} is no YAML file with keys.`,
    subject: name,
    evidence: oneLine(whole).slice(0, 200),
    why: 'The plan makes its copy from it.',
    fix: 'Put it right, or name another file in the answers.',
  })
}

/** The value, or why there is none: an alias inside what it names, or more aliases than anybody means. */
function plainValue(document: Document): { [key: string]: Json } | string {
  try {
    // through JSON: each alias stands for a copy of its own, so that changing one changes no other
    return JSON.parse(JSON.stringify(document.toJS())) as { [key: string]: Json }
  } catch (error) {
    return (error as Error).message
  }
}

/** Takes the lines of a key out; the text is given back as it was when there is none. */
function removeAt(text: string, path: string[]): string {
  const found = blockMapAt(text, path.slice(0, -1))
  const index = found?.items.findIndex(pair => keyOf(pair) === path.at(-1)) ?? -1
  const pair = found?.items[index]
  if (!found || !pair) return text
  const from = lineStart(text, startOf(pair))
  const next = found.items[index + 1]
  const end = next ? lineStart(text, startOf(next)) : lineEnd(text, endOf(pair))
  // comments and blank lines after the value belong to what follows
  const kept = next ? trailingComments(text.slice(from, end)) : ''
  return text.slice(0, from) + kept + text.slice(end)
}

function trailingComments(text: string): string {
  const lines = text.split(/(?<=\n)/)
  const last = lines.findLastIndex(line => !/^[ \t]*(#.*)?\r?\n?$/.test(line))
  return lines.slice(last + 1).join('')
}

/** Puts a key in as the first of its mapping, at that mapping's indentation. */
function insertAt(text: string, path: string[], value: Json): string {
  const map = blockMapAt(text, path.slice(0, -1))
  const first = map?.items[0]
  const key = path.at(-1)
  if (!first || key === undefined) return text
  const at = lineStart(text, startOf(first))
  const indent = text.slice(at, startOf(first))
  if (indent.trim() !== '') return text // "- key:" or "{": not the start of its line
  const lines = stringify(
    { [key]: value },
    { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 },
  )
  const block = lines.replace(/^(?=.)/gm, indent)
  return text.slice(0, at) + block + text.slice(at)
}

/** The block mapping at a path, undefined where there is none or it is written in flow style. */
function blockMapAt(text: string, path: string[]): YAMLMap<unknown, unknown> | undefined {
  const document = parseDocument(text, { prettyErrors: false })
  const node = path.length === 0 ? document.contents : document.getIn(path, true)
  return isMap(node) && !node.flow ? (node as YAMLMap<unknown, unknown>) : undefined
}

type Ranged = { range?: [number, number, number] | null } | null | undefined

function startOf(pair: Pair<unknown, unknown>): number {
  return (pair.key as Ranged)?.range?.[0] ?? 0
}

function endOf(pair: Pair<unknown, unknown>): number {
  return (pair.value as Ranged)?.range?.[1] ?? (pair.key as Ranged)?.range?.[1] ?? 0
}

function keyOf(pair: Pair<unknown, unknown>): string {
  return String((pair.key as { value?: unknown } | null)?.value)
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1
}

function lineEnd(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset
  const end = text.indexOf('\n', offset)
  return end < 0 ? text.length : end + 1
}

function isSame(text: string, wanted: Json): boolean {
  const document = parseDocument(text, { prettyErrors: false })
  return document.errors.length === 0 && canonicalJson(document.toJS()) === canonicalJson(wanted)
}

/** Flow style and other rarities: the library rewrites the file; comments stay, spacing may change. */
async function throughDocument(source: string, edit: YamlEdit, wanted: Json): Promise<string> {
  const text = rewritten(source, edit, wanted)
  if (text !== undefined && isSame(text, wanted)) return text
  throw problem(exitCodes.data, {
    id: 'answers.yaml-unusual',
    title: `${edit.name} is written in a way that cannot be edited safely.`,
    subject: edit.name,
    evidence: '',
    why: 'A copy that differs in more than it should would change the service.',
    fix: 'Write the file without anchors and merge keys around the part that changes.',
  })
}

/** undefined where the path leads through something that the library does not change, as an alias. */
function rewritten(source: string, edit: YamlEdit, wanted: Json): string | undefined {
  const document = parseDocument(source, { prettyErrors: false })
  try {
    for (const path of edit.remove) document.deleteIn(path)
    for (const { at } of edit.set) {
      document.setIn(at, document.createNode(getIn(wanted, at)))
    }
  } catch {
    return undefined
  }
  return document.toString({
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
  })
}

function getIn(value: Json, path: string[]): Json {
  return path.reduce<Json>((at, key) => (at as { [key: string]: Json })[key] ?? null, value)
}

function setIn(root: { [key: string]: Json }, path: string[], value: Json): void {
  const [key = '', ...rest] = path
  if (rest.length === 0) root[key] = value
  else {
    if (root[key] === null || typeof root[key] !== 'object') root[key] = {}
    setIn(root[key] as { [key: string]: Json }, rest, value)
  }
}

function removeFrom(root: { [key: string]: Json }, path: string[]): void {
  const [key = '', ...rest] = path
  if (rest.length === 0) delete root[key]
  else if (root[key] !== null && typeof root[key] === 'object') {
    removeFrom(root[key] as { [key: string]: Json }, rest)
  }
}
