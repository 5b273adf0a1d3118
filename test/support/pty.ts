import { spawn } from '@lydell/node-pty'
import { Terminal } from '@xterm/headless'

export interface Pty {
  /** What a user sees now, top to bottom, blanks at the ends left out. */
  lines(): string[]
  text(): string
  /** Everything, also what has scrolled away. */
  all(): string[]
  /** All bytes that came. */
  written(): string
  type(text: string): void
  press(key: keyof typeof ptyKeys): void
  resize(columns: number, rows: number): void
  /** Waits until something is seen; fails with what was seen instead. */
  waitFor(wanted: string | RegExp | (() => boolean)): Promise<void>
  /** The exit code, once it has ended. */
  ended: Promise<number>
  kill(signal?: string): void
}

/** Bytes that keys send. */
const ptyKeys = {
  up: '\u001b[A',
  down: '\u001b[B',
  enter: '\r',
  lineFeed: '\n',
  escape: '\u001b',
  tab: '\t',
  backspace: '\u007f',
  ctrlC: '\u0003',
  ctrlZ: '\u001a',
} as const

export interface PtyOptions {
  columns?: number
  rows?: number
  cwd?: string
  env?: Readonly<Record<string, string | undefined>>
  /** How long something may take to be seen, in milliseconds. */
  waitMs?: number
}

/** Runs a command on a real pseudo terminal; what it draws goes through @xterm/headless. */
export function startPty(
  command: string,
  args: readonly string[],
  { columns = 80, rows = 24, cwd = process.cwd(), env = {}, waitMs = 60_000 }: PtyOptions = {},
): Pty {
  const terminal = new Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true })
  // CI would turn Ink's drawing off where it is not bundled
  const { CI: _ci, ...own } = process.env
  const set = Object.entries({ ...own, TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env })
  const child = spawn(command, [...args], {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd,
    env: Object.fromEntries(set.filter(([, value]) => value !== undefined)),
  })
  const chunks: string[] = []
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  child.onData(data => {
    chunks.push(data)
    terminal.write(data, tell)
  })
  const ended = new Promise<number>(resolve => {
    child.onExit(({ exitCode }) => terminal.write('', () => resolve(exitCode)))
  })
  const lineAt = (index: number) =>
    terminal.buffer.active.getLine(index)?.translateToString(true) ?? ''
  const trimmed = (lines: string[]) => lines.slice(0, lines.findLastIndex(line => line !== '') + 1)
  const lines = () =>
    trimmed(
      Array.from({ length: terminal.rows }, (_, row) =>
        lineAt(terminal.buffer.active.viewportY + row),
      ),
    )
  const text = () => lines().join('\n')
  return {
    lines,
    text,
    all: () =>
      trimmed(Array.from({ length: terminal.buffer.active.length }, (_, row) => lineAt(row))),
    written: () => chunks.join(''),
    type: typed => child.write(typed),
    press: key => child.write(ptyKeys[key]),
    resize(newColumns, newRows) {
      terminal.resize(newColumns, newRows)
      child.resize(newColumns, newRows)
    },
    waitFor(wanted) {
      const holds = () => {
        if (typeof wanted === 'function') return wanted()
        return typeof wanted === 'string' ? text().includes(wanted) : wanted.test(text())
      }
      if (holds()) return Promise.resolve()
      return new Promise<void>((resolve, reject) => {
        const settle = (finish: () => void) => {
          clearTimeout(timer)
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
      })
    },
    ended,
    kill: signal => child.kill(signal),
  }
}
