import { type Span, span } from '../words/line.ts'
import type { Stage } from './stage.ts'

/** The glyph of what runs; it moves with the frame's one timer. */
export function spinner({ glyphs }: Pick<Stage, 'glyphs'>, ticks: number): Span {
  return span(glyphs.spinner[ticks % glyphs.spinner.length] ?? '', 'active')
}

/** Whole seconds until something happens. */
export function formatSeconds(ms: number): string {
  return `${Math.max(0, Math.ceil(ms / 1_000))} s`
}
