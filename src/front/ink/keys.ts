/** What can be done with a key. Screens say which of these work now; nothing else listens to letters. */
export const keyTable = {
  move: { keys: '↑↓', does: 'moves; PgUp PgDn Home End, too' },
  choose: { keys: '1–9', does: 'puts the cursor on that row' },
  accept: { keys: 'Enter', does: 'takes the row or the text' },
  back: { keys: 'Esc', does: 'goes back; no text is lost' },
  complete: { keys: 'Tab', does: 'completes the path' },
  filter: { keys: '/', does: 'filters: name is:due target:x' },
  open: { keys: 'e', does: 'opens all of it, and closes it' },
  copy: { keys: 'c', does: 'writes it whole, to be copied' },
  again: { keys: 'r', does: 'looks again now' },
  sort: { keys: 's', does: 'sorts by the next column' },
  leave: { keys: 'q', does: 'leaves; that is safe here' },
  help: { keys: '?', does: 'shows and hides this' },
  stop: { keys: 'Ctrl-C', does: 'stops; twice leaves at once' },
  suspend: { keys: 'Ctrl-Z', does: 'suspends, but never a run' },
} as const

export type KeyId = keyof typeof keyTable

/** A key that works now, and what it does here in a word or two. */
export interface Hint {
  key: KeyId
  word?: string
  /** How the keys are drawn here: `↑↓ or 1–4`. */
  keys?: string
  /** The same in the narrow layout; nothing when the key is left to `?` there. */
  narrow?: string
}

/** One thing that came from the keyboard. */
export type Key =
  | { is: NamedKey }
  /** One sign. */
  | { is: 'text'; text: string }
  | { is: 'paste'; text: string }

export type NamedKey =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page-up'
  | 'page-down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'tab'
  | 'backspace'
  | 'interrupt'
  | 'suspend'
  | 'erase-line'
  | 'erase-word'

/** Whether a key is the letter that stands for something in the table. */
export function means(key: Key, id: KeyId): boolean {
  return key.is === 'text' && key.text === keyTable[id].keys
}
