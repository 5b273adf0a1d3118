import { StringDecoder } from 'node:string_decoder'

/** Collects output up to a cap: the first bytes are kept, the rest is counted and dropped. */
export interface Capped {
  add(chunk: Buffer): void
  text(): string
  /** Bytes that were dropped. */
  dropped(): number
}

export function capped(maxBytes: number): Capped {
  const chunks: Buffer[] = []
  let kept = 0
  let dropped = 0
  return {
    add(chunk) {
      const part = chunk.subarray(0, maxBytes - kept)
      if (part.length > 0) chunks.push(part)
      kept += part.length
      dropped += chunk.length - part.length
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
    dropped: () => dropped,
  }
}

/** Cuts a stream into lines of at most `most` characters; `end` gives out what is left. */
export function lineSplitter(onLine: (line: string) => void, most = 4096) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    add(chunk: Buffer) {
      const lines = (rest + decoder.write(chunk)).split(/\r\n|[\r\n]/)
      rest = (lines.pop() ?? '').slice(0, most)
      for (const line of lines) if (line.trim() !== '') onLine(line.slice(0, most))
    },
    end() {
      if (rest.trim() !== '') onLine(rest)
      rest = ''
    },
  }
}
