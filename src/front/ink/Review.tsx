import type { ReviewChoice, Reviewed, Row } from '../front.ts'
import { wrapText } from '../words/wrap.ts'
import { errorLines, fieldLine } from './field-view.ts'
import type { Part } from './fit.ts'
import { rowsHint } from './key-line.ts'
import { type Hint, type Key, means } from './keys.ts'
import { reduceReview, reviewChoices, startReview } from './review-state.ts'
import {
  commandGroups,
  commandParts,
  copiedCommands,
  groupRows,
  phaseStarts,
  pricesOf,
  reviewParts,
} from './review-view.ts'
import { rowsPart } from './rows-view.ts'
import { Screen } from './Screen.tsx'
import { openedRoom, useStage } from './stage.ts'
import { useMachine } from './store.ts'

interface ReviewProps {
  reviewed: Reviewed
  onDone(choice: ReviewChoice): void
}

/** The plan before anything runs: what is changed, at what price, with which answers. */
export function Review({ reviewed, onDone }: ReviewProps) {
  const stage = useStage()
  const { plan, commands, script, rehearsed } = reviewed
  const groups = commandGroups(commands)
  const prices = pricesOf(plan)
  const loses = prices.flatMap(({ loses: lost }) => lost ?? [])
  const choices = reviewChoices(reviewed)
  const facts = {
    choices,
    endpoint: plan.endpoint,
    loses: loses.length > 0,
    heights: groupRows(groups, reviewed, -1, stage).map(({ length }) => length),
    room: openedRoom(stage),
    phaseStarts: phaseStarts(groups),
  }
  const [state, send] = useMachine(reduceReview(facts), () =>
    startReview({ verb: plan.verb, priced: prices.length > 0, rehearsed }, choices),
  )
  const { opened, agreeing } = state
  const onKey = (key: Key) => {
    const group = opened && groups[opened.cursor]
    if (means(key, 'copy') && !agreeing) stage.copy(group ? copiedCommands(group) : script)
    else {
      const { taken } = send(key)
      if (taken) onDone(taken)
    }
  }
  if (opened) {
    const parts = commandParts(groups, reviewed, opened, stage)
    return <Screen parts={parts} hints={openedHints} onKey={onKey} />
  }
  const question = agreeing
    ? `Type ${plan.endpoint} to agree to losing ${loses.join(', and ')}:`
    : 'Shall this run?'
  const parts: Part[] = [
    ...reviewParts(reviewed, stage),
    { kind: 'gap' },
    { kind: 'line', lines: wrapText(question, stage.width, 2, 'bold') },
    ...(agreeing
      ? ([
          { kind: 'line', lines: [fieldLine('Name', agreeing.field, stage)] },
          { kind: 'line', lines: agreeing.wrong ? errorLines(agreeing.wrong, '', stage) : [] },
        ] satisfies Part[])
      : [rowsPart(reviewRows(reviewed, stage.narrow), state.choice.list, stage)]),
  ]
  const hints = agreeing ? agreeHints : [rowsHint(choices.length), ...reviewHints]
  return <Screen parts={parts} hints={hints} typing={agreeing !== undefined} onKey={onKey} />
}

const openedHints: Hint[] = [
  { key: 'move', word: 'step', narrow: '↑↓ step' },
  { key: 'move', keys: 'PgUp PgDn', word: 'phase', narrow: 'PgDn phase' },
  { key: 'copy', word: 'copy this command', narrow: 'c copy' },
  { key: 'open', word: 'close' },
]

const agreeHints: Hint[] = [
  { key: 'accept', word: 'agrees and runs it' },
  { key: 'back', word: 'back' },
]

const reviewHints: Hint[] = [
  { key: 'open', word: 'commands', narrow: 'e open' },
  { key: 'copy', word: 'copy as shell script', narrow: 'Esc back' },
  { key: 'back', word: 'back' },
]

function reviewRows(reviewed: Reviewed, narrow: boolean): Row<ReviewChoice>[] {
  const { saveAs, plan } = reviewed
  const rehearse = narrow
    ? 'Rehearse it first'
    : 'Rehearse it first on this machine (5 s, nothing else is touched)'
  const save = 'Save the answers and leave'
  const titles: Record<ReviewChoice, string> = {
    run: plan.verb === 'disable' ? 'Disable it' : 'Run it',
    rehearse,
    change: 'Change an answer',
    save: narrow || saveAs === undefined ? save : `${save}: ${saveAs}`,
    back: plan.verb === 'disable' ? 'Keep HTTPS' : 'Leave all as it is',
  }
  return reviewChoices(reviewed).map(value => ({ value, title: titles[value] }))
}
