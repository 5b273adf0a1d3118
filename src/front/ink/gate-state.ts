import { type ChoiceState, reduceChoice, startChoice } from './choice-state.ts'
import { type Key, means } from './keys.ts'
import { type ListRow, type ListState, scrollList, startList } from './list-state.ts'

/** The gate's rows, or all of its checks opened. */
export interface GateState {
  choice: ChoiceState
  opened?: ListState
}

/** A key, and how high the opened checks are drawn: they may be higher than the terminal. */
export interface GateAction {
  key: Key
  heights: readonly number[]
  room: number
}

export function startGate(rows: readonly ListRow[]): GateState {
  return { choice: startChoice(rows) }
}

export function reduceGate(rows: readonly ListRow[]) {
  return (state: GateState, { key, heights, room }: GateAction): GateState => {
    const { opened, choice } = state
    if (opened) {
      if (key.is === 'escape' || means(key, 'open')) return { choice }
      return { choice, opened: scrollList(opened, key, heights, room) }
    }
    if (means(key, 'open')) return { choice, opened: startList([]) }
    return { choice: reduceChoice(rows)(choice, key) }
  }
}
