import { parse } from 'yaml'
import type { Json } from './plan.ts'

/**
 * The value of a YAML text; throws where it is none. In a module of its own, to be loaded when it is
 * needed: the bundle gives a dynamic import of the package itself no names, as that is CommonJS.
 */
export function parseYaml(text: string): Json {
  return parse(text) as Json
}
