import type { Glyphs } from '../words/glyphs.ts'
import type { Terminal } from './terminal.ts'

/** What all phases of a front share. */
export interface Player {
  terminal: Terminal
  glyphs: Glyphs
  colour: boolean
  signal: AbortSignal
  /** Milliseconds since 1970. */
  now(): number
  osc: { progress: boolean; clipboard: boolean }
  /** Where finished lines go while a frame is drawn: set by the phase that draws it. */
  printer: { above: ((text: string) => void) | undefined }
  /** Writes finished text: above the frame, where there is one. */
  print(text: string): void
  /** Ctrl-C: the first stops, the second leaves at once. */
  stop(): void
  /** Suspends the process; `resumed` is called when it goes on. */
  suspend(resumed: () => void): void
}
