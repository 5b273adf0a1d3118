import { type FieldState, startField, textOf, typeInField } from './field-state.ts'
import type { Key } from './keys.ts'

/** A question that is answered with one line. */
export interface TextState {
  field: FieldState
  /** What is wrong with what is typed, once it is said. */
  wrong?: string
  /** Nothing was typed yet: the help stands. */
  untouched: boolean
  taken?: { text: string } | 'back'
}

export type TextAction = Key | { is: 'check' }

export function startText(text: string, wrong?: string): TextState {
  return { field: startField(text), untouched: true, ...(wrong === undefined ? {} : { wrong }) }
}

/** @param check what is wrong with a text; undefined when it can be taken */
export function reduceText(check: (text: string) => string | undefined) {
  return (state: TextState, action: TextAction): TextState => {
    const text = textOf(state.field)
    if (action.is === 'escape') return { ...state, taken: 'back' }
    if (action.is === 'check' || action.is === 'enter') {
      const wrong = check(text)
      if (wrong !== undefined) return { ...state, wrong, untouched: false }
      const { wrong: _old, ...right } = state
      return action.is === 'enter' ? { ...right, taken: { text } } : right
    }
    const field = typeInField(state.field, action)
    if (field === state.field) return state
    const { wrong: _old, ...rest } = state
    return { ...rest, field, untouched: false }
  }
}
