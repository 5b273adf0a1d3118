import { PassThrough } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** Keys as Ink is to read them, with each paste taken out. */
export interface Input {
  stream: NodeJS.ReadStream
  /** The next text of those that `pasteMark` stands for in the stream. */
  takePaste(): string | undefined
  start(): void
  stop(): void
}

/** Stands in the stream for a pasted text: a private-use sign that no keyboard sends. */
export const pasteMark = '\ue200'

const begin = '\u001b[200~'
const end = '\u001b[201~'

/** A paste that is longer is cut; a certificate file has a few kB. */
const mostPasted = 1_048_576

/** Escape alone and an escape sequence begin alike; over a slow line the rest comes a little later. */
const escapeWaitMs = 50

// an escape sequence that is not complete, at the end of what came
const partial = /\u001b(?:\[[0-9;?]*|O)?$/

/** Where a reader of bracketed paste stands. */
export interface PasteState {
  /** What is not told yet: a sequence of which more may come. */
  held: string
  /** What was pasted so far; undefined outside of a paste. */
  pasted: string | undefined
}

/** What a chunk of input means: text for Ink (with marks), the texts that were pasted, where it stands. */
export function readChunk(
  { held, pasted }: PasteState,
  chunk: string,
): { text: string; pastes: string[]; state: PasteState } {
  const pastes: string[] = []
  let text = ''
  let rest = held + chunk
  let open = pasted
  // Ctrl-C alone must work where the end of a paste was lost
  if (open !== undefined && chunk === '\u0003') open = undefined
  for (;;) {
    if (open === undefined) {
      const at = rest.indexOf(begin)
      if (at < 0) break
      text += rest.slice(0, at)
      rest = rest.slice(at + begin.length)
      open = ''
    } else {
      const at = rest.indexOf(end)
      if (at < 0) break
      pastes.push((open + rest.slice(0, at)).slice(0, mostPasted))
      text += pasteMark
      rest = rest.slice(at + end.length)
      open = undefined
    }
  }
  const cut = partial.exec(rest)?.index ?? rest.length
  const whole = rest.slice(0, cut)
  const state = { held: rest.slice(cut), pasted: open }
  if (open === undefined) return { text: text + whole, pastes, state }
  return { text, pastes, state: { ...state, pasted: (open + whole).slice(0, mostPasted) } }
}

/**
 * Reads a terminal for Ink 6.8, which knows no bracketed paste: each paste is taken out of the stream
 * whole, and escape sequences arrive in one piece.
 */
export function createInput(stdin: NodeJS.ReadStream): Input {
  const stream = new PassThrough()
  const decoder = new StringDecoder('utf8')
  const waiting: string[] = []
  let state: PasteState = { held: '', pasted: undefined }
  let timer: NodeJS.Timeout | undefined
  let reading = false

  const take = (text: string) => {
    clearTimeout(timer)
    const read = readChunk(state, text)
    state = read.state
    waiting.push(...read.pastes)
    if (read.text !== '') stream.write(read.text)
    if (state.held !== '' && state.pasted === undefined) {
      timer = setTimeout(() => {
        stream.write(state.held)
        state = { ...state, held: '' }
      }, escapeWaitMs)
    }
  }
  const onData = (chunk: Buffer | string) =>
    take(typeof chunk === 'string' ? chunk : decoder.write(chunk))
  const start = () => {
    if (reading) return
    reading = true
    stdin.setRawMode(true)
    stdin.on('data', onData)
    stdin.resume()
  }
  const stop = () => {
    if (!reading) return
    reading = false
    clearTimeout(timer)
    stdin.off('data', onData)
    stdin.pause()
    stdin.setRawMode(false)
  }
  const like = Object.assign(stream, {
    isTTY: true,
    setRawMode(raw: boolean) {
      if (raw) start()
      else stop()
      return like
    },
    ref() {
      stdin.ref()
      return like
    },
    unref() {
      stdin.unref()
      return like
    },
  }) as unknown as NodeJS.ReadStream
  return { stream: like, takePaste: () => waiting.shift(), start, stop }
}
