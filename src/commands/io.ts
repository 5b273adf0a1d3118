import type { Glyphs } from '../front/words/glyphs.ts'
import { type Line, paint } from '../front/words/line.ts'
import type { World } from '../world.ts'

/** Where a command reads and writes. Data goes to `out`, everything else to `err`. */
export interface Io {
  world: World
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  glyphs: Glyphs
  /** Whether stdout and stderr take colour. */
  colour: { out: boolean; err: boolean }
  /** Fires on Ctrl-C and SIGTERM; its reason is an Interrupted. */
  signal: AbortSignal
  /** As Ctrl-C: a terminal in raw mode sends it as a key, not as a signal. */
  stop(): void
  /** How a person is met: drawn by Ink, asked line by line, or not at all. */
  meet: 'ink' | 'plain' | 'none'
}

export function printOut({ stdout, colour }: Io, lines: readonly Line[]): void {
  stdout.write(lines.map(line => `${paint(line, colour.out)}\n`).join(''))
}

export function printErr({ stderr, colour }: Io, lines: readonly Line[]): void {
  stderr.write(lines.map(line => `${paint(line, colour.err)}\n`).join(''))
}

export function printJson({ stdout }: Pick<Io, 'stdout'>, value: unknown): void {
  stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** Columns of the terminal that people read on; 80 where there is none. */
export function columnsOf({ stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>): number {
  return stderr.columns || stdout.columns || 80
}

/** Columns that printed lines may use, at most 98. */
export function widthOf({ stdout }: Pick<Io, 'stdout'>): number {
  return Math.min(98, Math.max(38, (stdout.columns || 80) - 2))
}
