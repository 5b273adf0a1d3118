import { plainText } from '../../process/plain-text.ts'
import type { Key } from './keys.ts'

/** A line that is typed: its signs before and after the caret. */
export interface FieldState {
  before: string
  after: string
}

export function startField(text = ''): FieldState {
  return { before: text, after: '' }
}

export function textOf({ before, after }: FieldState): string {
  return before + after
}

/** The field after a key; the same field when the key means nothing to it. */
export function typeInField(field: FieldState, key: Key): FieldState {
  const { before, after } = field
  switch (key.is) {
    case 'text':
      return { before: before + key.text, after }
    case 'paste':
      return { before: before + pastedLine(key.text), after }
    case 'backspace':
      return before === '' ? field : { before: withoutLast(before), after }
    case 'left':
      return before === '' ? field : { before: withoutLast(before), after: last(before) + after }
    case 'right': {
      const [first = ''] = after
      return first === '' ? field : { before: before + first, after: after.slice(first.length) }
    }
    case 'home':
      return before === '' ? field : { before: '', after: before + after }
    case 'end':
      return after === '' ? field : { before: before + after, after: '' }
    case 'erase-line':
      return before === '' ? field : { before: '', after }
    case 'erase-word':
      return before === '' ? field : { before: before.replace(/[^\s/]*[\s/]*$/, ''), after }
    default:
      return field
  }
}

/** A paste as one line; blanks stay as they are: it may be a passphrase. */
function pastedLine(text: string): string {
  return plainText(text)
    .replace(/^\n+|\n+$/g, '')
    .replace(/[\n\t]/g, ' ')
}

function last(text: string): string {
  return [...text].at(-1) ?? ''
}

function withoutLast(text: string): string {
  return text.slice(0, text.length - last(text).length)
}
