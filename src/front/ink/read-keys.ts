import type { Key as InkKey } from 'ink'
import { pasteMark } from './input.ts'
import type { Key, NamedKey } from './keys.ts'

const named: readonly (readonly [keyof InkKey, NamedKey])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page-up'],
  ['pageDown', 'page-down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  // Ink 6 says delete for what the Backspace key sends (0x7f)
  ['delete', 'backspace'],
]

const controls: Readonly<Record<string, NamedKey>> = {
  '\r': 'enter',
  // typed ahead before raw mode, or Ctrl-J: a line feed is Enter as well
  '\n': 'enter',
  '\t': 'tab',
  '\b': 'backspace',
  '\u007f': 'backspace',
  '\u0001': 'home',
  '\u0003': 'interrupt',
  '\u0005': 'end',
  '\u0015': 'erase-line',
  '\u0017': 'erase-word',
  '\u001a': 'suspend',
}

const ctrlLetters: Readonly<Record<string, NamedKey>> = {
  a: 'home',
  c: 'interrupt',
  e: 'end',
  u: 'erase-line',
  w: 'erase-word',
  z: 'suspend',
}

/** A PEM that came without bracketed paste: its line ends are no Enter. */
const pem = /-----BEGIN [A-Z0-9 ]+-----/

/**
 * What Ink's useInput hands over, as single keys. Ink gives keys that came together as one text.
 *
 * @param takePaste gives the text that a mark in the input stands for
 */
export function readKeys(
  input: string,
  key: InkKey,
  takePaste: () => string | undefined = () => undefined,
): Key[] {
  const name = named.find(([id]) => key[id] === true)?.[1]
  if (name) return [{ is: name }]
  // Ink 6 sets meta with Escape, so meta says nothing there
  if (key.escape) return [{ is: 'escape' }]
  if (key.ctrl) {
    const control = ctrlLetters[input]
    return control ? [{ is: control }] : []
  }
  if (key.meta) return []
  if (pem.test(input)) return [{ is: 'paste', text: input }]
  return [...input.replace(/\r\n/g, '\n')].flatMap((sign): Key[] => {
    if (sign === pasteMark) {
      const text = takePaste()
      return text === undefined ? [] : [{ is: 'paste', text }]
    }
    const control = controls[sign]
    if (control) return [{ is: control }]
    return sign < ' ' ? [] : [{ is: 'text', text: sign }]
  })
}
