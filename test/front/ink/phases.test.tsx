import { describe, expect, test } from 'vitest'
import { Interrupted } from '../../../src/errors.ts'
import type { Front } from '../../../src/front/front.ts'
import { drawable } from '../../../src/front/ink/Frame.tsx'
import { unicodeGlyphs } from '../../../src/front/words/glyphs.ts'
import { type Line, plain, span } from '../../../src/front/words/line.ts'
import { type Screen, type Size, screen } from '../../support/screen.tsx'
import { expectGoodFrames } from './expect-frames.ts'
import { eventMaker, judgement, now, plan, reviewed, runStarted, stepStarted } from './fixtures.ts'

const wide: Size = { columns: 80, rows: 24 }
const rows = [
  { value: 'a', title: 'The first' },
  { value: 'b', title: 'The second' },
]
const printed = (text: string): Line[] => [[span(text)]]

describe('a stop', () => {
  const screens: [string, (front: Front) => Promise<unknown>][] = [
    ['choose', front => front.choose('What now?', rows)],
    ['line', front => front.line('Which?', 'Name', () => undefined)],
    ['gate', front => front.gate(judgement('ok'), now)],
    ['review', front => front.review(reviewed())],
    [
      'watch',
      front =>
        front.watch({ names: [], recorded: [], look: () => new Promise(() => {}), now: () => now }),
    ],
  ]

  test.each(screens)('ends %s, and takes its frame away', async (_name, play) => {
    const shown = await screen(wide)
    const ended = expect(play(shown.front)).rejects.toBeInstanceOf(Interrupted)
    await shown.waitFor(text => text !== '')
    shown.press('ctrlC')
    await ended
    await shown.waitFor(text => text === '')
    expect(shown.left).toEqual([])
    expect(shown.written().endsWith('\u001b[?2004l')).toBe(true)
  })

  test('from outside ends a screen alike, and the next one does not begin', async () => {
    const shown = await screen(wide)
    const first = expect(shown.front.choose('What now?', rows)).rejects.toBeInstanceOf(Interrupted)
    await shown.waitFor('What now?')
    shown.stops.abort(new Interrupted(143))
    await first
    await expect(shown.front.choose('And now?', rows)).rejects.toMatchObject({ exit: 143 })
    expect(shown.written()).not.toContain('And now?')
  })

  test('that is not heard is heard the second time', async () => {
    const shown = await screen(wide, { onStop: () => {} })
    void shown.front.choose('What now?', rows).catch(() => {})
    await shown.waitFor('What now?')
    shown.press('ctrlC')
    shown.press('ctrlC')
    await shown.waitFor(() => shown.left.length > 0)
    expect(shown.left).toEqual([130])
    expect(shown.written()).toContain('\u001b[?25h\u001b[?2004l')
  })
})

describe('between two screens', () => {
  test('finished lines stay, frames do not', async () => {
    const shown = await screen(wide)
    shown.front.print(printed('before'))
    const first = shown.front.choose('What now?', rows)
    await shown.waitFor('What now?')
    shown.front.print(printed('meanwhile'))
    await shown.waitFor('meanwhile')
    expect(shown.lines().slice(0, 3)).toEqual(['before', 'meanwhile', '  What now?'])
    shown.press('enter')
    await first
    shown.front.print(printed('after'))
    void shown.front.choose('And now?', rows).catch(() => {})
    await shown.waitFor('And now?')
    expect(shown.lines().slice(0, 4)).toEqual(['before', 'meanwhile', 'after', '  And now?'])
  })

  test('keys that come while a screen gives way to another one are not lost', async () => {
    const shown = await screen(wide)
    void shown.front.gate(judgement('ok'), now).catch(() => {})
    await shown.waitFor('Continue')
    shown.type('eee')
    shown.press('down')
    await shown.waitFor(/❯ ✔ cert\.too-large/)
  })
})

/** No line of a frame stands outside of the last one. */
function expectNoGhosts(shown: Screen, title: string): void {
  const all = shown.all()
  expect(all.filter(line => line.includes(title))).toHaveLength(1)
  expect(all.filter(line => line.includes('The first'))).toHaveLength(1)
}

describe('a new size', () => {
  const wideRows = [
    { value: 'a', title: 'The first', note: 'a note that needs most of the line, to be broken' },
    { value: 'b', title: 'The second', note: 'another note that needs most of the line, too' },
  ]

  test('80 to 40 to 80 columns leaves no ghost lines, and takes no printed ones', async () => {
    const shown = await screen(wide)
    shown.front.print(printed('printed before, a line that is longer than forty columns'))
    void shown.front.choose('What now, of these two?', wideRows).catch(() => {})
    await shown.waitFor('? keys')
    for (const columns of [40, 80, 40, 60, 80]) {
      shown.resize({ columns, rows: 24 })
      await shown.waitFor(text => text.includes(columns < 60 ? ' · ?' : '? keys'))
      expectNoGhosts(shown, 'What now, of these two?')
      expect(shown.all().join('')).toContain(
        'printed before, a line that is longer than forty columns',
      )
    }
  })

  test('of a frame that fills the screen leaves none, either', async () => {
    const shown = await screen(wide)
    const many = Array.from({ length: 40 }, (_, index) => ({
      value: `${index}`,
      title: `Row ${index} with a title`,
      note: 'and with a note that reaches nearly to the edge',
    }))
    void shown.front.choose('What now, of these many?', many).catch(() => {})
    await shown.waitFor('of 40')
    shown.resize({ columns: 40, rows: 12 })
    await shown.waitFor(text => text.includes(' · ?') && text.split('\n').length <= 11)
    shown.resize({ columns: 80, rows: 24 })
    await shown.waitFor(text => text.includes('? keys') && text.split('\n').length > 20)
    const onScreen = shown.lines().filter(line => line.includes('What now, of these many?'))
    expect(onScreen).toHaveLength(1)
    expect(shown.lines()).toHaveLength(23)
  })

  test('that is too small says so, takes no key, and loses nothing', async () => {
    let suspends = 0
    const suspend = (resumed: () => void) => {
      suspends += 1
      resumed()
    }
    const shown = await screen(wide, { suspend })
    const choice = shown.front.choose('What now?', rows)
    await shown.waitFor('What now?')
    shown.resize({ columns: 38, rows: 9 })
    await shown.waitFor('40x10 is')
    expect(shown.text().replace(/\s+/g, ' ')).toBe(
      'The terminal is 38x9; 40x10 is needed. Make it larger, or use --plain.',
    )
    shown.press('enter')
    shown.press('down')
    // a key that works everywhere: when it has come, the others have
    shown.press('ctrlZ')
    await shown.waitFor(() => suspends === 1)
    shown.resize({ columns: 40, rows: 10 })
    await shown.waitFor('❯ 1 The first')
    shown.type('2\r')
    expect(await choice).toBe('b')
  })

  test('a run goes on while the terminal is too small', async () => {
    const shown = await screen({ columns: 38, rows: 9 })
    const view = shown.front.run(plan)
    const event = eventMaker(shown.clock)
    view.onEvent(event(runStarted()))
    view.onEvent(event(stepStarted('change.up')))
    await shown.waitFor('40x10 is')
    shown.resize({ columns: 80, rows: 24 })
    await shown.waitFor('Start it with TLS')
    await view.close()
  })

  test.each([
    { columns: 0, rows: 0 },
    { columns: 200, rows: 60 },
    { columns: 60, rows: 16 },
    { columns: 40, rows: 10 },
  ])('of $columns x $rows draws well from the start', async size => {
    const shown = await screen(size.columns === 0 ? wide : size)
    if (size.columns === 0) shown.resize(wide)
    void shown.front.review(reviewed()).catch(() => {})
    await shown.waitFor('Shall this run?')
    shown.press('up')
    await shown.waitFor('❯ 1 Run it')
    const real = size.columns === 0 ? wide : { ...size, columns: Math.min(100, size.columns) }
    expectGoodFrames(shown, real)
  })
})

describe('Ctrl-Z', () => {
  test('takes the frame away, and draws it again when the process goes on', async () => {
    const resumes: (() => void)[] = []
    const shown = await screen(wide, { suspend: resumed => void resumes.push(resumed) })
    const choice = shown.front.choose('What now?', rows)
    await shown.waitFor('What now?')
    shown.press('ctrlZ')
    await shown.waitFor(text => text === '')
    expect(resumes).toHaveLength(1)
    // a shell says something meanwhile
    shown.output('$ fg\n')
    resumes[0]?.()
    await shown.waitFor('What now?')
    expect(shown.lines().slice(0, 2)).toEqual(['$ fg', '  What now?'])
    shown.type('2\r')
    expect(await choice).toBe('b')
  })
})

describe('whatever a line holds', () => {
  const hostile = span('\u001b[2J\u001b]0;t\u0007a\u202eb\r\nc\td\u009b31m\u0000')

  test('it is drawn without control characters, and on one line', () => {
    expect(plain(drawable([hostile], 80, unicodeGlyphs))).toBe('ab c d')
  })

  test('it is printed so as well', async () => {
    const shown = await screen(wide)
    shown.front.print([[hostile]])
    expect(shown.written()).toBe('ab c d\n')
  })
})

describe('a bug while drawing', () => {
  const broken = { value: 'a', title: 'The first' }
  const rowsOf = () => [
    Object.defineProperty({ ...broken }, 'note', {
      get() {
        throw new TypeError('a bug of ours')
      },
    }),
  ]

  test('ends the screen with what it is', async () => {
    const shown = await screen(wide)
    await expect(shown.front.choose('What now?', rowsOf())).rejects.toThrow('a bug of ours')
    await shown.waitFor(text => text === '')
  })

  test('in a run is told, at its end at the latest', async () => {
    const shown = await screen(wide)
    const steps = plan.steps.map(step =>
      Object.defineProperty({ ...step }, 'title', {
        get() {
          throw new TypeError('a bug of ours')
        },
      }),
    )
    const view = shown.front.run({ ...plan, steps })
    const event = eventMaker(shown.clock)
    view.onEvent(event(runStarted()))
    view.onEvent(event(stepStarted('change.gone')))
    expect(await view.pause(1, shown.stops.signal).catch(String)).toMatch(/look|a bug of ours/)
    await expect(view.close()).rejects.toThrow('a bug of ours')
  })
})
