import { Terminal } from '@xterm/headless'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { around, fitParts, type Part } from '../../../src/front/ink/fit.ts'
import { keyLine, rowsHint } from '../../../src/front/ink/key-line.ts'
import type { Hint } from '../../../src/front/ink/keys.ts'
import { layoutOf } from '../../../src/front/ink/stage.ts'
import { asciiGlyphs, unicodeGlyphs } from '../../../src/front/words/glyphs.ts'
import { type Line, plain, span } from '../../../src/front/words/line.ts'
import { withRight } from '../../../src/front/words/run.ts'
import { cells, cellsOfLine, cutLine, cutStart, cutText } from '../../../src/front/words/width.ts'
import { clipLines, wrapLine } from '../../../src/front/words/wrap.ts'
import { plainText } from '../../../src/process/plain-text.ts'

const anyText = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map(text => plainText(text).replace(/\s/g, ' '))
const anyLine = fc.array(
  anyText.map(text => span(text)),
  { maxLength: 4 },
)

describe('the width of a text', () => {
  test.each([
    ['abc', 3],
    ['例え', 4],
    ['ﾃｽﾄ', 3],
    ['e\u0301', 1],
    ['✔ ▲ ✖', 5],
    ['🚀', 2],
  ])('%s is %i columns', (text, width) => {
    expect(cells(text)).toBe(width)
  })

  test('is never less than what a terminal takes for it', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async text => {
        const terminal = new Terminal({ cols: 300, rows: 2, allowProposedApi: true })
        await new Promise<void>(done => terminal.write(text, done))
        expect(cells(text)).toBeGreaterThanOrEqual(terminal.buffer.active.cursorX)
      }),
      { numRuns: 200 },
    )
  })

  test('cut texts and lines are not wider than they may be', () => {
    fc.assert(
      fc.property(anyLine, fc.integer({ min: 1, max: 40 }), (line, width) => {
        expect(cellsOfLine(cutLine(line, width, '…'))).toBeLessThanOrEqual(width)
        expect(cells(cutText(plain(line), width, '…'))).toBeLessThanOrEqual(width)
        expect(cells(cutStart(plain(line), width, '…'))).toBeLessThanOrEqual(width)
        expect(cellsOfLine(withRight(line, '', width, unicodeGlyphs))).toBeLessThanOrEqual(width)
      }),
    )
  })

  test('what is cut ends in the sign for the rest', () => {
    expect(plain(cutLine([span('abcdef')], 4, '…'))).toBe('abc…')
    expect(plain(cutLine([span('abcd')], 4, '…'))).toBe('abcd')
    expect(plain(cutLine([span('日本語')], 4, '…'))).toBe('日…')
    expect(cutStart('abcdef', 4, '…')).toBe('…def')
  })

  test('what stands on the right stays whole', () => {
    expect(plain(withRight([span('  a long title')], '8.4 s', 16, unicodeGlyphs))).toBe(
      '  a long … 8.4 s',
    )
  })
})

describe('broken lines', () => {
  test('keep every word, and are not wider than they may be', () => {
    fc.assert(
      fc.property(
        anyLine,
        fc.integer({ min: 8, max: 40 }),
        fc.integer({ min: 0, max: 5 }),
        (line, width, indent) => {
          const lines = wrapLine(line, width, indent)
          for (const each of lines) expect(cellsOfLine(each)).toBeLessThanOrEqual(width)
          const squeezed = (text: string) => text.replace(/\s+/g, '')
          expect(squeezed(lines.map(plain).join(''))).toBe(squeezed(plain(line)))
        },
      ),
    )
  })

  test('go on under the text, not under the label', () => {
    const line: Line = [span('  means  ', 'quiet'), span('Some browsers cope; curl refuses it.')]
    expect(
      wrapLine(line, 26, 9)
        .map(plain)
        .map(text => text.trimEnd()),
    ).toEqual(['  means  Some browsers', '         cope; curl', '         refuses it.'])
  })

  test('that were left out are told', () => {
    const lines = ['one', 'two', 'three'].map(text => [span(text)])
    expect(clipLines(lines, 2, 10, '…').map(plain)).toEqual(['one', 'two …'])
    expect(clipLines(lines, 3, 10, '…').map(plain)).toEqual(['one', 'two', 'three'])
  })
})

const line = (text: string): Part => ({ kind: 'line', lines: [[span(text)]] })
const many = (count: number, name: string) =>
  Array.from({ length: count }, (_, index): Line => [span(`${name} ${index + 1}`)])
const gap: Part = { kind: 'gap' }

describe('what gives way when rows are short', () => {
  const parts: Part[] = [
    { kind: 'context', lines: many(3, 'answer') },
    gap,
    line('question'),
    { kind: 'list', rows: many(6, 'row').map(each => [each]), cursor: 4 },
    { kind: 'output', lines: many(4, 'output') },
    { kind: 'help', lines: many(2, 'help') },
    gap,
    line('keys'),
  ]
  const shown = (rows: number) => fitParts(parts, rows).map(plain)
  const without = (rows: number, what: string) =>
    expect(shown(rows).filter(text => text.startsWith(what)).length)

  test('nothing while there is room', () => {
    expect(shown(19)).toHaveLength(19)
  })

  test('first blank lines, then tool output but its newest line', () => {
    without(17, 'output').toBe(4)
    expect(shown(17)).not.toContain('')
    expect(shown(14).filter(text => text.startsWith('output'))).toEqual(['output 4'])
  })

  test('then older answers, the rest of the output, rows down to three, help', () => {
    expect(shown(12).filter(text => text.startsWith('answer'))).toEqual(['answer 3'])
    without(10, 'output').toBe(0)
    without(10, 'row').toBe(6)
    without(7, 'row').toBe(3)
    without(7, 'help').toBe(2)
    without(5, 'help').toBe(0)
  })

  test('never the question, the row of the cursor, the keys', () => {
    for (const rows of [3, 4, 5, 6]) {
      expect(shown(rows)).toEqual(expect.arrayContaining(['question', 'row 5', 'keys']))
      expect(shown(rows).length).toBeLessThanOrEqual(rows)
    }
  })

  test('a frame is never higher than it may be', () => {
    const part: fc.Arbitrary<Part> = fc.oneof(
      fc.constant(gap),
      fc.record({
        kind: fc.constantFrom('line', 'output', 'context', 'help'),
        lines: fc.nat(6).map(count => many(count, 'x')),
      }),
      fc.record({
        kind: fc.constant('list' as const),
        rows: fc.array(
          fc.integer({ min: 1, max: 9 }).map(count => many(count, 'r')),
          {
            minLength: 1,
            maxLength: 30,
          },
        ),
        cursor: fc.nat(29),
      }),
    ) as fc.Arbitrary<Part>
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        fc.integer({ min: 1, max: 24 }),
        (some, rows) => {
          expect(fitParts(some, rows).length).toBeLessThanOrEqual(rows)
        },
      ),
    )
  })
})

describe('a window of rows', () => {
  test('holds the cursor in its middle where it can', () => {
    const heights = Array.from({ length: 100 }, () => 1)
    expect(around(50, heights, 5)).toEqual({ from: 48, to: 53 })
    expect(around(0, heights, 5)).toEqual({ from: 0, to: 5 })
    expect(around(99, heights, 5)).toEqual({ from: 95, to: 100 })
  })

  test('always holds the row of the cursor, and is not higher than it may be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 40 }),
        fc.nat(39),
        fc.integer({ min: 4, max: 20 }),
        (heights, place, room) => {
          const cursor = Math.min(place, heights.length - 1)
          const { from, to } = around(cursor, heights, room)
          expect(from <= cursor && cursor < to).toBe(true)
          const high = heights.slice(from, to).reduce((sum, each) => sum + each, 0)
          expect(high).toBeLessThanOrEqual(room)
        },
      ),
    )
  })

  test('says which rows it shows', () => {
    const rows = many(1204, 'row').map(each => [each])
    const shown = fitParts([{ kind: 'list', rows, cursor: 700, of: ' · 38 are looked at now' }], 6)
    expect(shown.map(plain)).toEqual([
      'row 699',
      'row 700',
      'row 701',
      'row 702',
      'row 703',
      '  699–703 of 1,204 · 38 are looked at now',
    ])
  })
})

describe('the key line', () => {
  const hints: Hint[] = [
    rowsHint(4),
    { key: 'open', word: 'commands', narrow: 'e open' },
    { key: 'copy', word: 'copy as shell script', narrow: '' },
    { key: 'back', word: 'back' },
  ]
  const drawn = (columns: number, lead = '') =>
    plain(keyLine(hints, layoutOf(columns, 24), { lead, helps: true }))

  test('keeps three keys and ? in the narrow layout', () => {
    expect(drawn(40)).toBe('  1–4 · e open · Esc back · ?')
  })

  test('leaves out what does not fit, never ?', () => {
    expect(drawn(80)).toBe('  ↑↓ or 1–4 · e commands · c copy as shell script · Esc back · ? keys')
    expect(drawn(62)).toBe('  ↑↓ or 1–4 · e commands · c copy as shell script · ? keys')
    expect(drawn(80, 'away since 08:44:41')).toBe(
      '  away since 08:44:41 · ↑↓ or 1–4 · e commands · ? keys',
    )
  })
})

test('in ASCII a line has no other sign, and is as wide as before', () => {
  const text = '❯ ✔ ✖ ▲ ↺ ⠹ ○ – ? │ └─ █░ → … · • ▏ ↑↓'
  const ascii = asciiGlyphs.text(text)
  expect(ascii).toMatch(/^[\x20-\x7e]*$/)
  expect(cells(ascii)).toBe(cells(text))
})
