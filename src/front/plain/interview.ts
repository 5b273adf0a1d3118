import {
  askedQuestions,
  currentQuestion,
  goBack,
  type Interview,
  takeAnswer,
} from '../../answers/interview.ts'
import { type Choice, choicesFor, type Question } from '../../answers/question.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { Asking } from '../front.ts'
import { choiceFor, sayChoices, type Talk } from './say.ts'

/** Asks question after question; `back` goes to the one before, and undefined when there is none. */
export async function askInterview(
  talk: Talk,
  from: Interview,
  asking: Asking,
): Promise<Interview | undefined> {
  const { questions } = asking
  let interview = from
  for (;;) {
    const question = currentQuestion(interview, questions)
    if (!question) return interview
    const next = await askOne(talk, interview, question, asking)
    if (next === 'back') {
      const before = goBack(interview, questions)
      if (!before) return undefined
      interview = before
    } else interview = next
  }
}

async function askOne(
  talk: Talk,
  interview: Interview,
  question: Question,
  asking: Asking,
): Promise<Interview | 'back'> {
  const { questions } = asking
  const asked = askedQuestions(interview.draft, asking.all ?? questions)
  const number = asked.findIndex(({ id }) => id === question.id) + 1
  const head = number > 0 ? `Question ${number} of ${asked.length}: ` : ''
  const choices = await choicesOf(question, interview, asking)
  talk.say(`${head}${question.text}`)
  talk.say(`  ${question.help}`)
  sayChoices(talk, choices)
  const kept = interview.draft[question.id]?.value
  const keeps = kept === undefined || kept === null ? '' : ` (Enter keeps ${oneLine(String(kept))})`
  const optional = keeps === '' ? fallbackWords(question, interview) : ''
  const noun = choices.length > 0 ? 'Number or name' : question.noun
  for (;;) {
    const typed = (await talk.ask(`${noun}${keeps}${optional}, or back:`)).trim()
    if (typed === 'back') return 'back'
    const value = typed === '' && keeps !== '' ? (kept ?? '') : typed
    const choice = typeof value === 'string' ? choiceFor(value, choices) : undefined
    const found = choice && !question.choices?.includes(choice)
    const next = takeAnswer(interview, questions, {
      value: choice?.value ?? value,
      from: found ? 'found' : 'answer',
      also: choice?.also,
    })
    if (!('wrong' in next)) return next
    talk.say(`Wrong: ${next.wrong} ${next.fix}`)
  }
}

/** What Enter alone means, where it means something. */
function fallbackWords(question: Question, { draft }: Interview): string {
  if (!question.fallback) return ''
  const value = question.fallback(draft)
  if (value === undefined) return ' (Enter leaves it out)'
  const title = question.choices?.find(each => each.value === value)?.title
  return ` (Enter takes ${title ?? oneLine(String(value))})`
}

/** The fixed choices of a question, or what the machine finds for it. */
async function choicesOf(
  question: Question,
  interview: Interview,
  { find }: Asking,
): Promise<Choice[]> {
  if (question.choices && question.kind === 'choice') return choicesFor(question, interview.draft)
  if (!question.find) return []
  return (await find(question, interview, '')).choices
}
