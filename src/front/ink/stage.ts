import { createContext, useContext } from 'react'
import type { Glyphs } from '../words/glyphs.ts'
import type { Key } from './keys.ts'

/** What every screen is drawn with. */
export interface Stage {
  columns: number
  rows: number
  /** Columns that a line may take. */
  width: number
  /** Lines that a frame may have: always fewer than the terminal, or Ink wipes the scrollback. */
  height: number
  /** Below 60x16: what stands on the right goes under its line, or away. */
  narrow: boolean
  /** Below 40x10 nothing can be drawn but that. */
  tooSmall: boolean
  glyphs: Glyphs
  colour: boolean
  /** Milliseconds since 1970. */
  now(): number
  /** Writes a text whole and flush left above the frame, and offers it to the clipboard. */
  copy(text: string): void
  /** The next pasted text that a mark in the input stands for. */
  takePaste(): string | undefined
  /** Who takes the keys now. */
  keys: { take?: (key: Key) => void }
  /** Keys that work on every screen; whether it was one of them. */
  everywhere(key: Key): boolean
}

export const StageContext = createContext<Stage | undefined>(undefined)

export function useStage(): Stage {
  const stage = useContext(StageContext)
  if (!stage) throw new TypeError('a screen outside of a stage')
  return stage
}

/** Lines that an opened list has: the frame without title, count and key line. */
export function openedRoom({ height }: Pick<Stage, 'height'>): number {
  return Math.max(1, height - 3)
}

/** What the size of a terminal allows. */
export function layoutOf(
  columns: number,
  rows: number,
): Pick<Stage, 'columns' | 'rows' | 'width' | 'height' | 'narrow' | 'tooSmall'> {
  return {
    columns,
    rows,
    width: Math.max(1, Math.min(98, columns - 2)),
    height: Math.max(1, rows - 1),
    narrow: columns < 60 || rows < 16,
    tooSmall: columns < 40 || rows < 10,
  }
}
