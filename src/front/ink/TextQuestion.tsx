import { withRight } from '../words/run.ts'
import { wrapText } from '../words/wrap.ts'
import { textOf } from './field-state.ts'
import { errorLines, fieldLine } from './field-view.ts'
import type { Part } from './fit.ts'
import type { Hint } from './keys.ts'
import { Screen } from './Screen.tsx'
import { useStage } from './stage.ts'
import { useMachine } from './store.ts'
import { reduceText, startText } from './text-state.ts'
import { useLater } from './use-later.ts'

interface TextQuestionProps {
  question: string
  noun: string
  check(text: string): string | undefined
  /** Only dots are drawn. */
  hidden?: boolean
  /** What is wrong with what was typed before. */
  wrong?: string | undefined
  onDone(text: string | undefined): void
}

const hints: Hint[] = [
  { key: 'accept', word: 'takes it when it is right', narrow: 'Enter takes it' },
  { key: 'back', word: 'back' },
]

/** A line that is typed and checked while it is: an address, a name, a passphrase. */
export function TextQuestion(props: TextQuestionProps) {
  const { question, noun, check, hidden = false, wrong, onDone } = props
  const stage = useStage()
  const [state, send] = useMachine(reduceText(check), () => startText('', wrong))
  const text = textOf(state.field)
  useLater(text, () => send({ is: 'check' }))
  const field = fieldLine(noun, state.field, stage, { hidden })
  const aside = hidden && !stage.narrow ? 'always 8 dots; nothing typed is shown' : ''
  const parts: Part[] = [
    { kind: 'line', lines: wrapText(question, stage.width, 2, 'bold') },
    { kind: 'line', lines: [withRight(field, aside, stage.width, stage.glyphs)] },
    {
      kind: 'line',
      lines: state.wrong === undefined ? [] : errorLines(state.wrong, '', stage),
    },
  ]
  return (
    <Screen
      parts={parts}
      hints={hints}
      typing
      onKey={key => {
        const { taken } = send(key)
        if (taken === 'back') onDone(undefined)
        else if (taken) onDone(taken.text)
      }}
    />
  )
}
