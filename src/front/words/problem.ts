import type { Finding } from '../../findings.ts'
import { type Line, type Span, span } from './line.ts'

/** A finding for people: what is seen, what it means, what to type. */
export function findingLines(found: Finding, glyph: Span): Line[] {
  const detail = (label: string, text: string): Line[] =>
    text === ''
      ? []
      : text
          .split('\n')
          .map((line, index) => [
            span(`    ${(index === 0 ? label : '').padEnd(7)}`, 'quiet'),
            span(line),
          ])
  // a title that says what it is about need not be told it again
  const subject = found.title.includes(found.subject) ? [] : [span(`  ${found.subject}`, 'quiet')]
  return [
    [span('  '), glyph, span(` ${found.title}`), ...subject],
    ...detail('seen', found.evidence),
    ...detail('means', found.why),
    ...detail('fix', found.fix),
  ]
}

/** Mistakes of an answers file: `FILE:LINE:COLUMN  what is wrong`, the line, and the fix. */
export function mistakeLines(found: Finding): Line[] {
  const [, line = '', column = ''] = /:(\d+):(\d+)$/.exec(found.subject) ?? []
  const head: Line = [
    span(`  ${found.subject}`, 'bold'),
    span(`  ${found.title}`),
    span(found.evidence === '' ? ` ${found.fix}` : ''),
  ]
  if (found.evidence === '') return [head]
  const gutter = `${line} │ `.padStart(9)
  const indent = ' '.repeat(gutter.length - 2)
  const under = ' '.repeat(Math.max(0, Math.min(Number(column) - 1, 100)))
  return [
    head,
    [span(gutter, 'quiet'), span(found.evidence)],
    [span(`${indent}│ `, 'quiet'), span(`${under}^ ${found.fix}`)],
  ]
}
