import { stripVTControlCharacters } from 'node:util'
import { cells } from '../words/width.ts'
import { createInput, type Input } from './input.ts'
import { down, eraseAbove, progressSequence, sequences } from './sequences.ts'

export interface Size {
  columns: number
  rows: number
}

/** A terminal as Ink 6.8 needs it to be. */
export interface Terminal {
  /** What Ink is to read from and write to. */
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  size(): Size
  /** The pasted texts that were not taken yet, oldest first. */
  takePaste(): string | undefined
  /** Writes past Ink: only what does not move the cursor while a frame is drawn. */
  write(text: string): void
  /** Begins a phase: pastes are marked, and `onResize` is told before Ink hears of a new size. */
  open(onResize: () => void): void
  /** Ends it: the frame is taken away; the cursor stands where it began. */
  close(): void
  /** Takes the frame away for a while, e.g. before the process is suspended. */
  hide(): void
  /** Makes room for the frame again; Ink must draw it after this. */
  unhide(): void
  /** Gives the terminal back as it was found, also in the middle of a phase. Safe to call twice. */
  restore(): void
}

// ansi-escapes' clearTerminal, and what else takes the scrollback with it
const wipes = /\u001b\[2J(?:\u001b\[3J)?\u001b\[(?:H|0f)|\u001bc|\u001b\[3J/g

/** What Ink must not send: at full height it wipes the scrollback on every frame (ink#382, ink#935). */
export function withoutWipe(text: string): string {
  return text.replace(wipes, sequences.clear)
}

/** The size of a terminal; 80x24 where it says 0x0, as `docker -t` and `script` do. */
export function sizeOf({ columns, rows }: Partial<Size>): Size {
  return { columns: columns || 80, rows: rows || 24 }
}

// log-update erases the lines of the last frame before it writes the next one
const erased = /^(?:\u001b\[2K(?:\u001b\[1A)?)+(?:\u001b\[G)?/

/**
 * The lines that stand above the cursor after Ink wrote `text`: its frame. Undefined when the text is
 * none and leaves the last one as it is.
 */
export function frameIn(text: string): string[] | undefined {
  const rest = text.replace(erased, '').replace(sequences.clear, '')
  if (rest === text && !rest.endsWith('\n')) return undefined
  return rest.split('\n').slice(0, -1).map(stripVTControlCharacters)
}

/**
 * What takes a frame away after the terminal has become narrower: its lines were broken anew, so it is
 * higher than Ink believes (ghost lines, all versions of Ink). The cursor ends where Ink expects it.
 */
export function clearAfterShrink(frame: readonly string[], columns: number): string {
  const high = frame.reduce((sum, line) => sum + Math.max(1, Math.ceil(cells(line) / columns)), 0)
  return eraseAbove(high) + down(frame.length)
}

export interface TerminalOptions {
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  /** Whether OSC 9;4 may be sent. */
  progress: boolean
}

/** Wraps a terminal so that Ink 6.8 leaves the scrollback alone, knows its size, and sees pastes. */
export function createTerminal({ stdin, stdout, progress }: TerminalOptions): Terminal {
  const input: Input = createInput(stdin)
  let frame: string[] = []
  let columns = sizeOf(stdout).columns
  let onResize: (() => void) | undefined

  const write = (chunk: unknown, ...more: never[]) => {
    if (typeof chunk !== 'string') return stdout.write(chunk as never, ...more)
    const text = withoutWipe(chunk)
    if (onResize) frame = frameIn(text) ?? frame
    return stdout.write(text, ...more)
  }
  const wrapped = new Proxy(stdout, {
    get(target, property) {
      if (property === 'write') return write
      if (property === 'columns') return sizeOf(target).columns
      if (property === 'rows') return sizeOf(target).rows
      const value = Reflect.get(target, property, target) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

  const resized = () => {
    const now = sizeOf(stdout).columns
    if (now < columns) stdout.write(clearAfterShrink(frame, now))
    columns = now
    onResize?.()
  }
  const restore = () => {
    stdout.off('resize', resized)
    process.off('exit', restore)
    if (onResize === undefined) return
    onResize = undefined
    input.stop()
    const clear = progress ? progressSequence('none') : ''
    stdout.write(sequences.cursorOn + sequences.pasteOff + clear)
  }

  return {
    stdin: input.stream,
    stdout: wrapped,
    size: () => sizeOf(stdout),
    takePaste: input.takePaste,
    write: text => void stdout.write(text),
    open(listener) {
      onResize = listener
      frame = []
      columns = sizeOf(stdout).columns
      stdout.on('resize', resized)
      process.on('exit', restore)
      // before anything is drawn: what is typed into a frame must not be echoed into it
      input.start()
      stdout.write(sequences.pasteOn)
    },
    close() {
      stdout.off('resize', resized)
      process.off('exit', restore)
      if (onResize === undefined) return
      onResize = undefined
      input.stop()
      stdout.write(eraseAbove(frame.length) + sequences.pasteOff)
    },
    hide() {
      stdout.write(eraseAbove(frame.length) + sequences.cursorOn + sequences.pasteOff)
      input.stop()
    },
    unhide() {
      input.start()
      stdout.write(sequences.cursorOff + sequences.pasteOn + '\n'.repeat(frame.length))
    },
    restore,
  }
}
