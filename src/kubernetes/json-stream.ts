import type { Json } from '../plan/plan.ts'

/**
 * Reads documents that follow each other, as kubectl prints them: the lines of each begin with `{`
 * and end with `}` in the first column. What stands between is passed over.
 */
export function createJsonSplitter(onDocument: (value: Json) => void): (line: string) => void {
  let lines: string[] = []
  const give = () => {
    const text = lines.join('\n')
    lines = []
    try {
      onDocument(JSON.parse(text) as Json)
    } catch {
      // half a document: the connection was cut, and what follows begins anew
    }
  }
  return line => {
    if (line.startsWith('{')) lines = []
    else if (lines.length === 0) return
    lines.push(line)
    if (line.startsWith('}') || (lines.length === 1 && line.endsWith('}'))) give()
  }
}
