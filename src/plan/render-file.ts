import { parseDocument, stringify } from 'yaml'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { World } from '../world.ts'
import { canonicalJson } from './digest.ts'
import type { Json } from './plan.ts'
import { renderYaml } from './template.ts'

/**
 * A YAML file from templates with values: strings are quoted scalars, and what was written is parsed
 * again and must be the same. Each value must be found in it as it was given.
 *
 * @throws Problem with exit 65 when a template does not render to that
 */
export async function renderFile(
  templates: readonly string[],
  values: Record<string, string>,
  world: Pick<World, 'env' | 'home'>,
): Promise<string> {
  const whole: { [key: string]: Json } = {}
  for (const name of templates) Object.assign(whole, await renderYaml(name, values, world))
  const text = stringify(whole, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })
  const again = parseDocument(text).toJS() as Json
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

function stringsIn(value: Json): string[] {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : []
}
