import type { Judgement } from '../../certificates/judgement.ts'
import type { GateChoice } from '../front.ts'
import { choiceHints } from './Choose.tsx'
import type { Part } from './fit.ts'
import { reduceGate, startGate } from './gate-state.ts'
import { checkCount, checkParts, checkRows, gateParts, gateRows } from './gate-view.ts'
import { type Hint, type Key, means } from './keys.ts'
import { rowsPart } from './rows-view.ts'
import { Screen } from './Screen.tsx'
import { openedRoom, useStage } from './stage.ts'
import { useMachine } from './store.ts'

interface GateProps {
  judgement: Judgement
  /** Milliseconds since 1970. */
  now: number
  onDone(choice: GateChoice): void
}

/** What the gate has found out, and what to do about it. */
export function Gate({ judgement, now, onDone }: GateProps) {
  const stage = useStage()
  const rows = gateRows(judgement)
  const [state, send, get] = useMachine(reduceGate(rows), () => startGate(rows))
  const onKey = (key: Key) => {
    if (means(key, 'copy')) return stage.copy(judgementJson(judgement))
    const { opened } = get()
    const drawn = opened ? checkRows(judgement, opened.cursor, stage) : []
    const heights = drawn.map(({ length }) => length)
    const { taken } = send({ key, heights, room: openedRoom(stage) }).choice
    if (taken === 'back') onDone('other-files')
    else if (taken !== undefined) onDone(rows[taken]?.value ?? 'other-files')
  }
  const { opened, choice } = state
  if (opened) {
    return <Screen parts={checkParts(judgement, opened, stage)} hints={checkHints} onKey={onKey} />
  }
  const parts: Part[] = [
    ...gateParts(judgement, now, stage),
    { kind: 'gap' },
    rowsPart(rows, choice.list, stage),
  ]
  const [move, accept, back] = choiceHints(rows, choice, true)
  const open: Hint = { key: 'open', word: `all ${checkCount} checks`, narrow: 'e all' }
  const copy: Hint = { key: 'copy', word: 'copy as JSON', narrow: 'c copy' }
  const hints = [move, open, copy, back, accept].filter(hint => hint !== undefined)
  return <Screen parts={parts} hints={hints} onKey={onKey} />
}

const checkHints: Hint[] = [
  { key: 'move', word: 'check' },
  { key: 'copy', word: 'copy as JSON', narrow: 'c copy' },
  { key: 'open', word: 'close' },
]

function judgementJson({ verdict, findings, repairs, diff }: Judgement): string {
  return JSON.stringify(
    { schema: 'secure-endpoint/findings@1', verdict, findings, repairs, diff },
    null,
    2,
  )
}
