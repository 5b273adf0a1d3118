import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Liquid } from 'liquidjs'
import { parseDocument } from 'yaml'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { packageFolder } from '../package-files.ts'
import { oneLine } from '../process/plain-text.ts'
import type { World } from '../world.ts'
import type { Json } from './plan.ts'

/**
 * Renders a template as YAML and gives its parsed value. Every `{{ value }}` becomes a JSON string,
 * which is a quoted YAML scalar, so a value cannot break out of its place. A user's file of the same
 * name below `$XDG_CONFIG_HOME/secure-endpoint/templates` stands in for ours.
 */
export async function renderYaml(
  name: string,
  values: Record<string, string>,
  world: Pick<World, 'env' | 'home'>,
): Promise<Json> {
  const path = templatePath(name, world)
  const engine = new Liquid({ strictVariables: true, strictFilters: true, outputEscape: 'json' })
  const fail = (why: string) =>
    problem(exitCodes.data, {
      id: 'template.wrong',
      title: 'A template does not render to what is needed.',
      subject: path,
      evidence: oneLine(why).slice(0, 300),
      why: 'No tool must see half a file.',
      fix: `Put ${path} right, or remove it to use the one that comes with secure-endpoint.`,
    })
  let text: string
  try {
    text = await engine.parseAndRender(await readFile(path, 'utf8'), values)
  } catch (error) {
    throw fail((error as Error).message)
  }
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true })
  if (document.errors[0]) throw fail(document.errors[0].message)
  const value = document.toJS() as Json
  if (value === null || typeof value !== 'object') throw fail('It renders to no mapping.')
  return value
}

function templatePath(name: string, { env, home }: Pick<World, 'env' | 'home'>): string {
  const config = env.XDG_CONFIG_HOME || join(home, '.config')
  const own = join(config, 'secure-endpoint', 'templates', name)
  return existsSync(own) ? own : join(packageFolder(), 'templates', name)
}
