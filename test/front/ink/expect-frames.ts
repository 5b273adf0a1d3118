import { expect } from 'vitest'
import { cells } from '../../../src/front/words/width.ts'
import type { Screen, Size } from '../../support/screen.tsx'

export const sizes: Size[] = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 12 },
]

/** What holds for every frame that was ever drawn: its size, and a scrollback that nobody wiped. */
export function expectGoodFrames(shown: Screen, { columns, rows }: Size): void {
  const frames = shown.frames()
  expect(frames.length).toBeGreaterThan(0)
  for (const frame of frames) {
    expect(frame.length).toBeLessThanOrEqual(rows - 1)
    for (const line of frame) expect(cells(line)).toBeLessThanOrEqual(columns - 2)
  }
  expect(shown.written()).not.toContain('\u001b[3J')
  expect(shown.written()).not.toContain('\u001b[2J')
}

/** The screen as it must be, line by line; blank lines count. */
export function expectLines(shown: Screen, lines: readonly string[]): void {
  expect(shown.lines()).toEqual(lines)
}

/** A text was written whole and from the left edge on, so that it can be copied: only the terminal wraps it. */
export function expectCopied(shown: Screen, text: string): void {
  const written = shown.written()
  const at = written.indexOf(`${text}\n`)
  expect(at).toBeGreaterThan(0)
  expect(written.slice(0, at)).toMatch(/(?:\n|\u001b\[G)$/)
}

/** Presses the arrow down until something is seen; gives all that was seen on the way. */
export async function scrollTo(shown: Screen, wanted: string): Promise<string> {
  const seen = [shown.text()]
  while (!shown.text().includes(wanted)) {
    const before = shown.text()
    shown.press('down')
    await shown.waitFor(text => text !== before)
    seen.push(shown.text())
  }
  return seen.join('\n')
}
