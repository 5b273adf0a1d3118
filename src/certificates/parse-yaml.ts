// A file of its own: `await import` of the CommonJS package itself has no named exports in a bundle.
import { parseAllDocuments } from 'yaml'

/** The documents of a YAML file as plain values; nothing is warned of on stderr. @throws where it is no YAML, or a bomb of aliases */
export function parseYaml(text: string): unknown[] {
  return parseAllDocuments(text, { logLevel: 'silent' }).map(document =>
    document.toJS({ maxAliasCount: 20 }),
  )
}
