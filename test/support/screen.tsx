import { PassThrough } from 'node:stream'
import { Terminal } from '@xterm/headless'
import { onTestFinished } from 'vitest'
import { Interrupted } from '../../src/errors.ts'
import type { Front } from '../../src/front/front.ts'
import { createInkFront, type InkOptions } from '../../src/front/ink/index.ts'
import { sequences } from '../../src/front/ink/sequences.ts'
import { frameIn, withoutWipe } from '../../src/front/ink/terminal.ts'
import { unicodeGlyphs } from '../../src/front/words/glyphs.ts'

export interface Size {
  columns: number
  rows: number
}

/** Bytes that keys send. */
const keys = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  pageUp: '\u001b[5~',
  pageDown: '\u001b[6~',
  home: '\u001b[H',
  end: '\u001b[F',
  enter: '\r',
  lineFeed: '\n',
  escape: '\u001b',
  tab: '\t',
  backspace: '\u007f',
  ctrlC: '\u0003',
  ctrlZ: '\u001a',
} as const

export interface Screen {
  front: Front
  /** What a user sees now, top to bottom, without blanks at the ends; no blank lines at the end. */
  lines(): string[]
  text(): string
  /** Everything, also what has scrolled away. */
  all(): string[]
  /** Every frame that was drawn, line by line as the user saw it. */
  frames(): string[][]
  /** All bytes that were written. */
  written(): string
  type(text: string): void
  /** Writes to the terminal past the front, as another program does. */
  output(text: string): void
  press(key: keyof typeof keys): void
  resize(size: Size): void
  /** Waits until something is seen; fails with what was seen instead. */
  waitFor(wanted: string | RegExp | ((text: string) => boolean)): Promise<void>
  stops: AbortController
  /** Exit codes that the front wanted to leave with. */
  left: number[]
  /** The moment that the front takes for now, in milliseconds. */
  clock: { now: number }
}

const waitMs = 10_000

/** The frames among what was written: what comes right after one was taken away is printed above it. */
function framesIn(chunks: readonly string[]): string[][] {
  const frames: string[][] = []
  let isPrint = false
  let open = false
  for (const chunk of chunks) {
    if (chunk.includes(sequences.pasteOn)) open = true
    if (chunk.includes(sequences.pasteOff)) open = false
    if (!open) continue
    const frame = frameIn(withoutWipe(chunk))
    if (frame && frame.length > 0 && !isPrint) frames.push(frame)
    if (frame) isPrint = frame.length === 0
  }
  return frames
}

/**
 * A front on a terminal that is emulated: what Ink writes goes through @xterm/headless, so wraps, ghost
 * lines and wiped scrollbacks are seen as a user sees them.
 */
export async function screen(size: Size, options: Partial<InkOptions> = {}): Promise<Screen> {
  const terminal = new Terminal({
    cols: size.columns,
    rows: size.rows,
    scrollback: 10_000,
    allowProposedApi: true,
  })
  const listeners = new Set<() => void>()
  const chunks: string[] = []
  const stdout = new PassThrough() as unknown as NodeJS.WriteStream
  Object.assign(stdout, {
    isTTY: true,
    columns: size.columns,
    rows: size.rows,
    write(chunk: string, ...more: unknown[]) {
      chunks.push(chunk)
      const done = more.find(each => typeof each === 'function') as (() => void) | undefined
      terminal.write(chunk.replace(/\n/g, '\r\n'), () => {
        done?.()
        for (const listener of listeners) listener()
      })
      return true
    },
  })
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode() {
      return stdin
    },
    ref: () => stdin,
    unref: () => stdin,
  }) as unknown as NodeJS.ReadStream
  const stops = new AbortController()
  // a screen that is left open would hold its listeners
  onTestFinished(() => stops.abort(new Interrupted()))
  const left: number[] = []
  const clock = { now: Date.parse('2026-11-21T09:00:00Z') }
  const lineAt = (index: number) =>
    terminal.buffer.active.getLine(index)?.translateToString(true) ?? ''
  const trimmed = (lines: string[]) => {
    const last = lines.findLastIndex(line => line !== '')
    return lines.slice(0, last + 1)
  }
  const lines = () => {
    const { viewportY } = terminal.buffer.active
    return trimmed(Array.from({ length: terminal.rows }, (_, row) => lineAt(viewportY + row)))
  }
  const text = () => lines().join('\n')
  const made: Screen = {
    front: await createInkFront({
      stdin,
      stdout,
      env: { TERM: 'xterm-256color' },
      glyphs: unicodeGlyphs,
      colour: false,
      signal: stops.signal,
      now: () => clock.now,
      onStop: () => stops.abort(new Interrupted()),
      leave: exit => void left.push(exit),
      pasteFolder: '/nowhere',
      ...options,
    }),
    lines,
    text,
    all: () =>
      trimmed(Array.from({ length: terminal.buffer.active.length }, (_, row) => lineAt(row))),
    frames: () => framesIn(chunks),
    written: () => chunks.join(''),
    output: written => void stdout.write(written),
    type: typed => void stdin.push(typed),
    press: key => void stdin.push(keys[key]),
    resize({ columns, rows }) {
      terminal.resize(columns, rows)
      Object.assign(stdout, { columns, rows })
      stdout.emit('resize')
    },
    async waitFor(wanted) {
      const holds = () => {
        const now = text()
        if (typeof wanted === 'function') return wanted(now)
        return typeof wanted === 'string' ? now.includes(wanted) : wanted.test(now)
      }
      if (holds()) return
      await new Promise<void>((resolve, reject) => {
        const settle = (finish: () => void) => {
          clearTimeout(timer)
          clearInterval(again)
          listeners.delete(look)
          finish()
        }
        const look = () => {
          if (holds()) settle(resolve)
        }
        const timer = setTimeout(
          () => settle(() => reject(new Error(`not seen: ${wanted}\nseen:\n${text()}`))),
          waitMs,
        )
        listeners.add(look)
        // not everything that is waited for is drawn
        const again = setInterval(look, 10)
      })
    },
    stops,
    left,
    clock,
  }
  return made
}
