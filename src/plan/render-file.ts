import { parseDocument, stringify } from 'yaml'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { quoteWord } from '../process/quote.ts'
import type { World } from '../world.ts'
import { canonicalJson } from './digest.ts'
import type { FileForm, Json } from './plan.ts'
import { renderYaml } from './template.ts'

/**
 * A file from templates with values: strings are quoted scalars (words of a shell in a file of
 * variables), and what was written is parsed again and must be the same. Each value must be found in it
 * as it was given.
 *
 * @throws Problem with exit 65 when a template does not render to that
 */
export async function renderFile(
  templates: readonly string[],
  values: Record<string, string>,
  world: Pick<World, 'env' | 'home'>,
  as: FileForm = 'yaml',
): Promise<string> {
  const whole: { [key: string]: Json } = {}
  for (const name of templates) Object.assign(whole, await renderYaml(name, values, world))
  const text = textOf(whole, as)
  const again = as === 'variables' ? variablesIn(text) : (parseDocument(text).toJS() as Json)
  const strings = new Set(stringsIn(again))
  const lost = Object.entries(values).find(([, value]) => !strings.has(value))
  if (canonicalJson(again) === canonicalJson(whole) && !lost) return text
  throw problem(exitCodes.data, {
    id: 'template.wrong',
    title: 'A template does not render to what is needed.',
    subject: templates.join(', '),
    evidence: lost ? `the value of ${lost[0]} is not in it` : 'it is not the same when read again',
    why: 'No tool must see half a file.',
    fix: 'Put the template right, or remove it to use the one that comes with secure-endpoint.',
  })
}

function textOf(whole: { [key: string]: Json }, as: FileForm): string {
  if (as === 'json') return `${JSON.stringify(whole, null, 2)}\n`
  if (as === 'yaml')
    return stringify(whole, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })
  const lines = Object.entries(whole).map(
    ([name, value]) => `export ${name}=${quoteWord(String(value))}`,
  )
  return `${lines.join('\n')}\n`
}

/** What a shell would set: a name of a variable, then one word, bare or in single quotes. */
function variablesIn(text: string): { [name: string]: string } {
  const line = /export ([A-Z][A-Z0-9_]*)=((?:[A-Za-z0-9_@%+=:,./-]|'[^']*'|\\')*)\n/y
  const found: { [name: string]: string } = {}
  while (line.lastIndex < text.length) {
    const [, name, word] = line.exec(text) ?? []
    if (name === undefined || word === undefined) break
    found[name] = word.replace(/'([^']*)'|\\(')/g, (_all, inside, quote) => quote ?? inside)
  }
  return found
}

/** Numbers count as they are written. */
function stringsIn(value: Json): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : []
}
