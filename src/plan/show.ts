import { join } from 'node:path'
import { oneLine } from '../process/plain-text.ts'
import { quoteCommand } from '../process/quote.ts'
import type { OpTable, Show } from './op.ts'
import type { Act, Text } from './plan.ts'

/** Where symbolic paths lead, for showing them as they will be. */
export interface Places {
  kept: string
  before(generation?: number): string
  home: string
}

/**
 * Shows a plan's texts to a person before they are all known: `<address>` for a capture, the paths of
 * the record as they will be (`~` for the home folder where `tilde` is set: to read, not to paste).
 * While it runs, `captures` are the values that are known by then.
 */
export function createShow(
  places: Places,
  { tilde = false, captures }: { tilde?: boolean; captures?: ReadonlyMap<string, string> } = {},
): Show {
  const path = (folder: string, name: string) => {
    const whole = join(folder, name)
    return tilde && whole.startsWith(`${places.home}/`)
      ? `~${whole.slice(places.home.length)}`
      : whole
  }
  const show: Show = text => {
    if (text === null || typeof text !== 'object') return String(text)
    const value = text as Exclude<Text, string>
    if ('capture' in value)
      return (
        oneLine(captures?.get(value.capture) ?? '') ||
        `<${value.capture.slice(value.capture.lastIndexOf('.') + 1)}>`
      )
    if ('join' in value) return value.join.map(show).join('')
    if ('kept' in value) return path(places.kept, value.kept)
    if ('before' in value) return path(places.before(value.generation), value.before)
    return JSON.stringify(text)
  }
  return show
}

/** The commands that a person would type for an act, a line each; words for what is no command. */
export function printedAct(act: Act, ops: OpTable, show: Show): string[] {
  switch (act.do) {
    case 'exec': {
      const env = Object.entries(act.env ?? {}).map(([key, value]) => `${key}=${show(value)}`)
      const input = act.stdin === undefined ? '' : ` < ${show(act.stdin)}`
      return [`${[...env, ''].join(' ')}${quoteShown(act.argv.map(show))}${input}`]
    }
    case 'http':
      return [quoteShown(['curl', ...(act.method === 'POST' ? ['-X', 'POST'] : []), show(act.url)])]
    case 'handshake':
      return [
        quoteShown([
          'openssl',
          's_client',
          '-connect',
          show(act.address),
          '-servername',
          show(act.name),
        ]),
      ]
    case 'write': {
      const { content } = act
      const from =
        'yaml' in content ? ` (a copy of ${show(content.yaml)}, which stays as it is)` : ''
      const set = 'yaml' in content ? (content.set ?? []) : []
      const lines =
        'templates' in content
          ? Object.entries(content.values).map(([key, value]) => `  + ${key}: ${show(value)}`)
          : []
      const removed = 'yaml' in content ? (content.remove ?? []) : []
      return [
        `writes ${show(act.path)}${from}`,
        ...set.map(({ at, values }) => `  + ${at.join('.')}: ${shownValues(values, show)}`),
        ...lines,
        ...removed.map(path => `  - ${path.join('.')}`),
      ]
    }
    case 'wait':
      return [...printedAct(act.look, ops, show), `every ${act.every}, at most ${act.limit}`]
    case 'manual':
      return [...act.text.map(show), ...(act.copy === undefined ? [] : [show(act.copy)])]
    default:
      return ops[act.do.replace(/^op:/, '')]?.printed(act.input, show) ?? []
  }
}

function shownValues(values: Record<string, Text>, show: Show): string {
  return `{${Object.entries(values)
    .map(([key, value]) => `${key}: ${show(value)}`)
    .join(', ')}}`
}

/** Quotes words for a shell, but leaves `<address>` and `~/` readable. */
function quoteShown(words: string[]): string {
  return words.map(word => (/^[<~]/.test(word) ? word : quoteCommand([word]))).join(' ')
}
