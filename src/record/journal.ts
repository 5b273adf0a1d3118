import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Redact } from '../process/redact.ts'
import { unlessAbsent } from './read.ts'
import { cannotWrite } from './write.ts'

/** One line of `journal.ndjson`: who did what, when. `type` is an event's, or `tool.started`. */
export interface JournalLine {
  schema: 'secure-endpoint/journal@1'
  time: string
  run: string
  type: string
  [detail: string]: unknown
}

export interface Journal {
  /** Lasts through a power cut when it returns. */
  append(line: Omit<JournalLine, 'schema'>): void
  close(): void
}

/** Opens a journal for appending (0600). Every line goes through `redact`. */
export function openJournal(path: string, redact: Redact): Journal {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND
  const handle = guarded(path, () => openSync(path, flags, 0o600))
  if (endsInsideALine(path)) guarded(path, () => writeSync(handle, '\n'))
  let closed = false
  return {
    append(line) {
      // the number of a closed file may be another's by now
      if (closed) throw new TypeError('the journal is closed')
      const text = redact(JSON.stringify({ schema: 'secure-endpoint/journal@1', ...line }))
      guarded(path, () => {
        writeSync(handle, `${text}\n`)
        fsyncSync(handle)
      })
    },
    close() {
      closed = true
      closeSync(handle)
    },
  }
}

/** All whole lines of a journal; a last line that a crash cut off is passed over. */
export async function readJournal(path: string): Promise<JournalLine[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    return unlessAbsent(path, error, [])
  }
  return text.split('\n').flatMap(line => {
    try {
      return line === '' ? [] : [JSON.parse(line) as JournalLine]
    } catch {
      return []
    }
  })
}

/** A crash can cut the last line off; what is appended must not be joined to it. */
function endsInsideALine(path: string): boolean {
  const handle = openSync(path, 'r')
  try {
    const { size } = fstatSync(handle)
    const last = Buffer.alloc(1)
    return size > 0 && readSync(handle, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a
  } finally {
    closeSync(handle)
  }
}

function guarded<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    throw cannotWrite(path, error)
  }
}
