import type { ReactNode } from 'react'
import type { Row } from '../front.ts'
import { type Line, span } from '../words/line.ts'
import { wrapText } from '../words/wrap.ts'
import { type ChoiceState, reduceChoice, startChoice } from './choice-state.ts'
import type { Part } from './fit.ts'
import { rowsHint } from './key-line.ts'
import type { Hint, Key } from './keys.ts'
import { numbered } from './list-state.ts'
import { rowsPart } from './rows-view.ts'
import { Screen } from './Screen.tsx'
import { useStage } from './stage.ts'
import { useMachine } from './store.ts'

interface ChooseProps<T extends string> {
  title: string
  rows: readonly Row<T>[]
  /** What stands above the question. */
  above?: readonly Line[]
  /** The row that the cursor starts on. */
  at?: number
  /** Esc does something. */
  back?: boolean
  onDone(value: T | undefined): void
}

/** One of some rows: home, the list of answers to change, and every question that the program asks. */
export function Choose<T extends string>(props: ChooseProps<T>): ReactNode {
  const { title, rows, above = [], at, back = true, onDone } = props
  const stage = useStage()
  const [state, send] = useMachine(reduceChoice(rows), () => startChoice(rows, at))
  const onKey = (key: Key) => {
    if (key.is === 'escape' && !back) return
    const { taken } = send(key)
    if (taken === 'back') onDone(undefined)
    else if (taken !== undefined) onDone(rows[taken]?.value)
  }
  const parts: Part[] = [
    { kind: 'context', lines: above },
    ...(above.length > 0 ? [{ kind: 'gap' } as const] : []),
    { kind: 'line', lines: wrapText(title, stage.width, 2, 'bold') },
    rowsPart(rows, state.list, stage),
  ]
  return <Screen parts={parts} hints={choiceHints(rows, state, back)} onKey={onKey} />
}

/** The keys of a list of rows. */
export function choiceHints(
  rows: readonly { impossible?: unknown }[],
  { list }: ChoiceState,
  back: boolean,
): Hint[] {
  const word = rows[list.cursor]?.impossible ? (list.opened ? 'closes' : 'tells why') : 'continue'
  return [
    rowsHint(numbered(rows).length),
    { key: 'accept', word },
    back ? { key: 'back', word: 'back' } : { key: 'stop', word: 'leave' },
  ]
}

/** The lines of home that are worth a row of a small terminal: what someone must act on. */
export function toActOn(lines: readonly Line[]): Line[] {
  return lines.filter(line => line.some(({ tone }) => tone === 'warn' || tone === 'bad'))
}

/** A line of the frame begins in column 3. */
export function indented(line: Line): Line {
  return [span('  '), ...line]
}
