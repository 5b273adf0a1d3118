import { readFile } from 'node:fs/promises'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { unlessAbsent } from './read.ts'

/**
 * Reads one of our own JSON files. `schema` is its `NAME@VERSION`; a newer version is refused by name
 * instead of being half understood.
 *
 * @returns undefined when there is no such file
 */
export async function readJsonFile<T extends { schema: string }>(
  path: string,
  schema: string,
): Promise<T | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return unlessAbsent(path, error, undefined)
  }
  const value = parse(text)
  if (value?.schema === schema) return value as T
  const seen = typeof value?.schema === 'string' ? value.schema : 'no schema'
  const newer = versionOf(seen) > versionOf(schema)
  throw problem(exitCodes.data, {
    id: newer ? 'record.newer' : 'record.damaged',
    title: newer
      ? `${path} was written by a newer secure-endpoint.`
      : `${path} is not a file of secure-endpoint, or it is damaged.`,
    subject: path,
    evidence: `${seen} instead of ${schema}`,
    why: 'Guessing what it means could put a wrong certificate in place.',
    fix: newer
      ? 'npx secure-endpoint@latest …'
      : `Look at it, and put it right or move it away: ${path}`,
  })
}

function parse(text: string): { schema?: unknown } | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function versionOf(schema: string): number {
  return Number(/@(\d+)$/.exec(schema)?.[1] ?? 0)
}
