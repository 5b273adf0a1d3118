import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { Terminal as Emulator } from '@xterm/headless'
import { describe, expect, test } from 'vitest'
import {
  clearAfterShrink,
  createTerminal,
  frameIn,
  sizeOf,
  withoutWipe,
} from '../../../src/front/ink/terminal.ts'

describe('the scrollback', () => {
  test.each([
    ['\u001b[2J\u001b[3J\u001b[H', 'of ansi-escapes'],
    ['\u001b[2J\u001b[0f', 'of ansi-escapes on Windows'],
    ['\u001bc', 'a reset'],
    ['\u001b[3J', 'alone'],
  ])('%j is not wiped (%s)', wipe => {
    expect(withoutWipe(`before${wipe}after`)).toBe('before\u001b[H\u001b[Jafter')
  })

  test('what takes single lines away stays', () => {
    const text = '\u001b[2K\u001b[1A\u001b[2K\u001b[Gframe\n'
    expect(withoutWipe(text)).toBe(text)
  })
})

test('a terminal that says 0x0 is taken for 80x24', () => {
  expect(sizeOf({ columns: 0, rows: 0 })).toEqual({ columns: 80, rows: 24 })
  expect(sizeOf({})).toEqual({ columns: 80, rows: 24 })
  expect(sizeOf({ columns: 100, rows: 50 })).toEqual({ columns: 100, rows: 50 })
})

describe('the frame that stands', () => {
  test.each<[string, string[] | undefined]>([
    ['one\ntwo\n', ['one', 'two']],
    ['\u001b[2K\u001b[1A\u001b[2K\u001b[Gone\u001b[32mgreen\u001b[39m\n', ['onegreen']],
    ['\u001b[2K\u001b[1A\u001b[2K\u001b[G', []],
    ['\u001b[H\u001b[Jone\ntwo', ['one']],
    ['\u001b[?25l', undefined],
    ['\u001b[?2026h', undefined],
    ['', undefined],
  ])('after %j is %j', (text, frame) => {
    expect(frameIn(text)).toEqual(frame)
  })
})

test('a frame that was broken anew by a narrower terminal goes away whole, and nothing above it', async () => {
  const emulator = new Emulator({ cols: 80, rows: 24, allowProposedApi: true })
  const write = (text: string) =>
    new Promise<void>(done => emulator.write(text.replaceAll('\n', '\r\n'), done))
  const frame = ['x'.repeat(70), 'short', 'y'.repeat(78)]
  await write(`above\n${frame.join('\n')}\n`)
  emulator.resize(40, 24)
  await write(clearAfterShrink(frame, 40))
  const lines = Array.from({ length: 8 }, (_, row) =>
    emulator.buffer.active.getLine(row)?.translateToString(true),
  )
  expect(lines).toEqual(['above', '', '', '', '', '', '', ''])
  // where Ink believes to be: below a frame of three lines
  expect(emulator.buffer.active.cursorY).toBe(4)
})

function fakes(size: { columns?: number; rows?: number }) {
  const written: string[] = []
  const raw: boolean[] = []
  const stdout = Object.assign(new EventEmitter(), size, {
    isTTY: true,
    write: (text: string) => written.push(text) > 0,
  }) as unknown as NodeJS.WriteStream
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean) => raw.push(mode),
  }) as unknown as NodeJS.ReadStream
  return { stdin, stdout, written, raw }
}

describe('a terminal for Ink', () => {
  test('has a size where the real one has none, and does not wipe', () => {
    const { stdin, stdout, written } = fakes({ columns: 0, rows: 0 })
    const terminal = createTerminal({ stdin, stdout, progress: false })
    expect([terminal.stdout.columns, terminal.stdout.rows]).toEqual([80, 24])
    terminal.stdout.write('\u001b[2J\u001b[3J\u001b[Hframe')
    expect(written).toEqual(['\u001b[H\u001b[Jframe'])
  })

  test('tells of a new size before Ink hears of it, and clears what became narrower', () => {
    const { stdin, stdout, written } = fakes({ columns: 80, rows: 24 })
    const terminal = createTerminal({ stdin, stdout, progress: false })
    const order: string[] = []
    terminal.open(() => order.push('ours'))
    terminal.stdout.on('resize', () => order.push('ink'))
    terminal.stdout.write(`${'x'.repeat(78)}\n`)
    Object.assign(stdout, { columns: 40 })
    stdout.emit('resize')
    expect(order).toEqual(['ours', 'ink'])
    expect(written.at(-1)).toBe('\r\u001b[2A\u001b[J\u001b[1B')
    Object.assign(stdout, { columns: 80 })
    stdout.emit('resize')
    expect(written.at(-1)).toBe('\r\u001b[2A\u001b[J\u001b[1B')
  })

  test('takes its frame away when a phase ends, and marks no pastes any more', () => {
    const { stdin, stdout, written } = fakes({ columns: 80, rows: 24 })
    const terminal = createTerminal({ stdin, stdout, progress: false })
    terminal.open(() => {})
    terminal.stdout.write('one\ntwo\n')
    terminal.close()
    expect(written).toEqual(['\u001b[?2004h', 'one\ntwo\n', '\r\u001b[2A\u001b[J\u001b[?2004l'])
    expect(stdout.listenerCount('resize')).toBe(0)
  })

  test('is given back as it was, once', () => {
    const { stdin, stdout, written, raw } = fakes({ columns: 80, rows: 24 })
    const before = process.listenerCount('exit')
    const terminal = createTerminal({ stdin, stdout, progress: true })
    terminal.open(() => {})
    terminal.stdin.setRawMode(true)
    expect(process.listenerCount('exit')).toBe(before + 1)
    terminal.restore()
    terminal.restore()
    expect(raw).toEqual([true, false])
    expect(written).toEqual(['\u001b[?2004h', '\u001b[?25h\u001b[?2004l\u001b]9;4;0;0\u0007'])
    expect(process.listenerCount('exit')).toBe(before)
  })
})
