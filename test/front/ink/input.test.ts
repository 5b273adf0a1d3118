import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import type { Key as InkKey } from 'ink'
import { describe, expect, test } from 'vitest'
import { createInput, type PasteState, pasteMark, readChunk } from '../../../src/front/ink/input.ts'
import { readKeys } from '../../../src/front/ink/read-keys.ts'

const start: PasteState = { held: '', pasted: undefined }

function readAll(chunks: readonly string[]) {
  let state = start
  let text = ''
  const pastes: string[] = []
  for (const chunk of chunks) {
    const read = readChunk(state, chunk)
    state = read.state
    text += read.text
    pastes.push(...read.pastes)
  }
  return { text, pastes, state }
}

const pem = '-----BEGIN CERTIFICATE-----\rMIIB\r-----END CERTIFICATE-----\r'
const pasted = `\u001b[200~${pem}\u001b[201~`

describe('a bracketed paste', () => {
  test('comes as one text, the keys around it where they were', () => {
    expect(readAll([`ab${pasted}\r`])).toEqual({
      text: `ab${pasteMark}\r`,
      pastes: [pem],
      state: start,
    })
  })

  test('comes whole however it is cut', () => {
    const bytes = `x\u001b[A${pasted}y\u001b[200~two\u001b[201~\u001b[Bz`
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), places => {
        const cuts = [0, ...places.sort((a, b) => a - b), bytes.length]
        const chunks = cuts.slice(1).map((to, index) => bytes.slice(cuts[index], to))
        const { text, pastes } = readAll(chunks)
        expect(text).toBe(`x\u001b[A${pasteMark}y${pasteMark}\u001b[Bz`)
        expect(pastes).toEqual([pem, 'two'])
      }),
    )
  })

  test('is cut at a megabyte', () => {
    const { pastes } = readAll(['\u001b[200~', 'x'.repeat(3_000_000), '\u001b[201~'])
    expect(pastes[0]?.length).toBe(1_048_576)
  })

  test('whose end is lost leaves Ctrl-C working', () => {
    const { text } = readAll(['\u001b[200~half', '\u0003'])
    expect(text).toBe('\u0003')
  })
})

test('the beginning of an escape sequence is held until the rest comes, or nothing does', async () => {
  const stdin = Object.assign(new PassThrough(), {
    setRawMode: () => {},
  }) as unknown as NodeJS.ReadStream
  const input = createInput(stdin)
  const seen: string[] = []
  const told = new Promise<void>(done => {
    input.stream.on('data', data => {
      seen.push(String(data))
      if (seen.length === 2) done()
    })
  })
  input.start()
  stdin.push('\u001b')
  stdin.push('[A')
  stdin.push('\u001b')
  await told
  expect(seen).toEqual(['\u001b[A', '\u001b'])
  input.stop()
})

const noKey: InkKey = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
}

describe('keys', () => {
  test('that came together are told one by one', () => {
    expect(readKeys('ab\r', noKey)).toEqual([
      { is: 'text', text: 'a' },
      { is: 'text', text: 'b' },
      { is: 'enter' },
    ])
    expect(readKeys('\u0003\u0003', noKey)).toEqual([{ is: 'interrupt' }, { is: 'interrupt' }])
    expect(readKeys('\u007f\u007f', noKey)).toEqual([{ is: 'backspace' }, { is: 'backspace' }])
  })

  test.each([['\r'], ['\n'], ['\r\n']])('%j is one Enter', typed => {
    expect(readKeys(typed, noKey)).toEqual([{ is: 'enter' }])
  })

  test('Backspace and Delete are the same', () => {
    expect(readKeys('', { ...noKey, backspace: true })).toEqual([{ is: 'backspace' }])
    expect(readKeys('', { ...noKey, delete: true })).toEqual([{ is: 'backspace' }])
  })

  test('Escape is Escape though Ink says meta with it; other keys with meta are none', () => {
    expect(readKeys('', { ...noKey, escape: true, meta: true })).toEqual([{ is: 'escape' }])
    expect(readKeys('b', { ...noKey, meta: true })).toEqual([])
  })

  test('a PEM that came without marks is a paste, not many Enters', () => {
    expect(readKeys(pem, noKey)).toEqual([{ is: 'paste', text: pem }])
  })

  test('a mark stands for the paste, and for nothing where there is none', () => {
    const waiting = ['pasted']
    expect(readKeys(`a${pasteMark}b${pasteMark}`, noKey, () => waiting.shift())).toEqual([
      { is: 'text', text: 'a' },
      { is: 'paste', text: 'pasted' },
      { is: 'text', text: 'b' },
    ])
  })

  test('other control characters are none', () => {
    expect(readKeys('\u0000\u0007\u001d', noKey)).toEqual([])
  })
})
