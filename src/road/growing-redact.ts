import { readFile } from 'node:fs/promises'
import { createRedact, type Redact } from '../process/redact.ts'

/** A redaction that learns, during a run, what must not be seen either. */
export interface GrowingRedact {
  redact: Redact
  /** Takes each line of a key file for a secret; passes over one that is not there yet. */
  learnKey(path: string): Promise<void>
}

/**
 * @param secrets exact strings that must not be seen from the start
 */
export function createGrowingRedact(secrets: Iterable<string>): GrowingRedact {
  const known = new Set(secrets)
  let redact = createRedact(known)
  return {
    redact: text => redact(text),
    async learnKey(path) {
      const text = await readFile(path, 'utf8').catch(() => '')
      const lines = text.split(/\r?\n/).filter(line => /^[A-Za-z\d+/=]{8,}$/.test(line))
      if (lines.every(line => known.has(line))) return
      for (const line of lines) known.add(line)
      redact = createRedact(known)
    },
  }
}
