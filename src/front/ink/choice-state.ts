import type { Key } from './keys.ts'
import { type ListRow, type ListState, moveInList, startList } from './list-state.ts'

/** One of some rows. */
export interface ChoiceState {
  list: ListState
  /** The row that was taken, or `back`. */
  taken?: number | 'back'
}

export function startChoice(rows: readonly ListRow[], at?: number): ChoiceState {
  return { list: startList(rows, at) }
}

/** Enter takes the cursor's row, or opens the reason of one that cannot be taken. */
export function reduceChoice(rows: readonly ListRow[]) {
  return (state: ChoiceState, key: Key): ChoiceState => {
    if (key.is === 'escape') return { ...state, taken: 'back' }
    if (key.is !== 'enter') {
      const list = moveInList(state.list, key, rows)
      return list === state.list ? state : { ...state, list }
    }
    const { cursor, opened } = state.list
    const row = rows[cursor]
    if (!row) return state
    if (row.impossible) return { ...state, list: { cursor, opened: !opened } }
    return { ...state, taken: cursor }
  }
}
