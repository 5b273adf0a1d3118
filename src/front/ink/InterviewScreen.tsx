import { useEffect, useRef } from 'react'
import { currentQuestion, type Interview } from '../../answers/interview.ts'
import type { Question } from '../../answers/question.ts'
import { Problem } from '../../errors.ts'
import type { Asking } from '../front.ts'
import { textOf } from './field-state.ts'
import { standing } from './interview-rows.ts'
import {
  type InterviewAction,
  type InterviewState,
  reduceInterview,
  startInterviewScreen,
} from './interview-state.ts'
import { interviewHints, interviewParts } from './interview-view.ts'
import { isPem } from './keep-paste.ts'
import { type Key, means } from './keys.ts'
import { Screen } from './Screen.tsx'
import { useStage } from './stage.ts'
import { useMachine } from './store.ts'
import { useLater } from './use-later.ts'
import { useTicks } from './use-ticks.ts'

interface InterviewProps {
  interview: Interview
  asking: Asking
  /** What was typed in an earlier interview and not taken. */
  fields: InterviewState['fields']
  keepPaste(text: string): Promise<string>
  onDone(interview: Interview | undefined, fields: InterviewState['fields']): void
}

/** Question after question, until all that is asked has its answer. */
export function InterviewScreen(props: InterviewProps) {
  const { interview, asking, fields, keepPaste, onDone } = props
  const stage = useStage()
  const [state, send, get] = useMachine(reduceInterview(asking.questions), () =>
    startInterviewScreen(interview, fields),
  )
  const question = currentQuestion(state.interview, asking.questions)
  const now = question && standing(state, question)
  const folder = question?.kind === 'file' && now ? folderOf(textOf(now.field)) : ''
  const ticks = useTicks(now?.looking === true)
  const look = useLook(asking, send)
  const id = question?.id

  useLater(`${id} ${now ? textOf(now.field) : ''}`, () => send({ is: 'check' }))
  useEffect(() => {
    const asked = asking.questions.find(each => each.id === id)
    if (asked) look(asked, get(), folder)
  }, [id, folder, asking, look, get])

  if (!question || !now) return null
  const settle = (next: InterviewState) => {
    if (next.taken === 'back') onDone(undefined, next.fields)
    else if (next.taken) onDone(next.taken, next.fields)
  }
  const onKey = (key: Key) => {
    // keys that came together may have led to another question meanwhile
    const current = get()
    const asked = currentQuestion(current.interview, asking.questions)
    if (!asked) return
    const rows = standing(current, asked).mode === 'rows'
    if (key.is === 'paste' && asked.kind === 'file' && isPem(key.text)) {
      keepPaste(key.text).then(value => settle(send({ is: 'answer', value })), refuse)
    } else if (rows && asked.find && means(key, 'again')) look(asked, current, '', true)
    else settle(send(key))
  }
  const refuse = (error: unknown) => {
    if (!(error instanceof Problem)) throw error
    send({ is: 'refused', wrong: error.message, fix: error.findings[0]?.fix ?? '' })
  }
  return (
    <Screen
      parts={interviewParts(state, asking, stage, ticks)}
      hints={interviewHints(state, question)}
      typing={now.mode !== 'rows'}
      onKey={onKey}
    />
  )
}

type Send = (action: InterviewAction) => InterviewState

/** Looks for the candidates of a question: once for each folder that is typed, and on request. */
function useLook(asking: Asking, send: Send) {
  const find = useRef((question: Question, state: InterviewState, typed: string, again = false) => {
    const { id, kind } = question
    if (kind === 'secret' || (!again && state.looked[id]?.typed === typed)) return
    const told = (looked: InterviewState['looked'][string]) => send({ is: 'looked', id, looked })
    told({ typed })
    asking.find(question, state.interview, typed, again).then(
      found => told({ typed, found }),
      error => told({ typed, found: { choices: [], source: String((error as Error).message) } }),
    )
  })
  return find.current
}

/** The part of a typed path that says which folder is listed. */
function folderOf(typed: string): string {
  return typed.slice(0, typed.lastIndexOf('/') + 1)
}
