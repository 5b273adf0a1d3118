import { readFile, stat } from 'node:fs/promises'
import { isMap, isScalar, LineCounter, type Pair, parseDocument, type YAMLMap } from 'yaml'
import type { Json } from '../plan/plan.ts'

/** A value of a YAML file and where it stands. Lines and columns count from 1. */
export interface Placed {
  path: string
  value: Json
  key: Position
  at: Position
  /** The last line of the value. */
  lastLine: number
}

export interface Position {
  line: number
  column: number
}

interface YamlMistake extends Position {
  text: string
  fix: string
}

/** Bytes; an answers file has about one kilobyte. */
const sizeCap = 1024 * 1024

/** What a YAML file holds, and where each of its groups begins. */
interface ReadYaml {
  entries: Placed[]
  groups: Map<string, Position>
  mistakes: YamlMistake[]
}

/**
 * The entries of a YAML or JSON file whose root is a mapping. Mappings are descended into where
 * `isGroup` says that their path is one; every other value is one entry.
 */
export function readYaml(text: string, isGroup: (path: string) => boolean): ReadYaml {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true })
  const position = (offset: number | undefined): Position => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (document.errors.length > 0) {
    const mistakes = document.errors.slice(0, 20).map(error => ({
      ...position(error.pos[0]),
      text: `This is no valid YAML: ${sentence(error.message)}`,
      fix: 'Put it right; JSON is taken, too.',
    }))
    return { entries: [], groups: new Map(), mistakes }
  }
  if (!isMap(document.contents)) {
    const fix = 'Start with "version: 1"; see secure-endpoint schema.'
    const mistakes = [{ line: 1, column: 1, text: 'These are no answers.', fix }]
    return { entries: [], groups: new Map(), mistakes }
  }
  const entries: Placed[] = []
  const groups = new Map<string, Position>()
  const mistakes: YamlMistake[] = []
  const descend = (map: YAMLMap, prefix: string) => {
    for (const pair of map.items as Pair[]) {
      const key = isScalar(pair.key) ? pair.key : undefined
      const path = prefix + String(key?.value ?? '?')
      const range = (pair.value as { range?: [number, number, number] } | null)?.range
      const keyAt = position(key?.range?.[0])
      if (isMap(pair.value) && isGroup(path)) {
        groups.set(path, keyAt)
        descend(pair.value, `${path}.`)
        continue
      }
      const at = range ? position(range[0]) : keyAt
      try {
        const value = (pair.value as { toJS?(doc: unknown): Json } | null)?.toJS?.(document) ?? null
        const lastLine = range ? position(range[1]).line : at.line
        entries.push({ path, value, key: keyAt, at, lastLine })
      } catch {
        // one without its anchor, or aliases of aliases that would grow beyond all memory
        mistakes.push({
          ...at,
          text: 'An alias here cannot be followed.',
          fix: 'Write the value out.',
        })
      }
    }
  }
  descend(document.contents, '')
  return { entries, groups, mistakes }
}

/**
 * The text of an answers file, or why it is none. Nothing is read of a file over 1 MiB.
 */
export async function readAnswersText(path: string): Promise<{ text: string } | { wrong: string }> {
  try {
    const { size, isDirectory } = await stat(path).then(found => ({
      size: found.size,
      isDirectory: found.isDirectory(),
    }))
    if (isDirectory) return { wrong: 'It is a folder, not a file.' }
    if (size > sizeCap)
      return { wrong: `It has ${Math.ceil(size / sizeCap)} MiB; answers have at most 1 MiB.` }
    return decodeAnswers(await readFile(path))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return { wrong: 'There is no such file.' }
    if (code === 'EACCES') return { wrong: 'This user may not read it.' }
    return { wrong: `It cannot be read (${code ?? 'unknown reason'}).` }
  }
}

/** Text from bytes of an answers file or of stdin; binary is refused. */
export function decodeAnswers(bytes: Buffer): { text: string } | { wrong: string } {
  if (bytes.length > sizeCap) return { wrong: 'It has more than 1 MiB; answers have at most that.' }
  if (bytes.includes(0)) return { wrong: 'It is a binary file.' }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.trim() === '' ? { wrong: 'It is empty.' } : { text }
  } catch {
    return { wrong: 'It is not UTF-8 text.' }
  }
}

/** The parser's words without the piece of the file that some of them end with: it may be a secret. */
function sentence(text: string): string {
  const first = (text.split('\n')[0] ?? '')
    .replace(/(?<=[\w)]): .*$|(?<=Invalid escape sequence) .*$/, '')
    .trim()
  return /[.!?]$/.test(first) ? first : `${first}.`
}
