import type { Json } from '../plan/plan.ts'
import {
  answerTo,
  applies,
  type Choice,
  choicesFor,
  type Draft,
  type Origin,
  type Question,
} from './question.ts'

/** Where an interview stands. A value: each front end draws it and asks for the next one. */
export interface Interview {
  draft: Draft
  /** Id of the question that is asked now; undefined when all that is asked has its answer. */
  at?: string
}

/** Begins, or goes on with, an interview: at the first question without an answer. */
export function startInterview(draft: Draft, questions: readonly Question[]): Interview {
  return standing(draft, firstOpen(draft, questions, 0))
}

export function currentQuestion(
  { at }: Interview,
  questions: readonly Question[],
): Question | undefined {
  return questions.find(({ id }) => id === at)
}

/** The questions that this interview asks, in order, as far as the answers so far tell. */
export function askedQuestions(draft: Draft, questions: readonly Question[]): Question[] {
  return questions.filter(question => question.asked && applies(question, draft, questions))
}

/** Takes an answer, or says what is wrong with it. An empty one leaves a question at its fallback. */
export function takeAnswer(
  interview: Interview,
  questions: readonly Question[],
  given: { value: Json; from: Origin; also?: Choice['also'] },
): Interview | { wrong: string; fix: string } {
  const question = currentQuestion(interview, questions)
  if (!question) return interview
  const empty = given.value === '' && question.fallback !== undefined
  const checked = empty ? { value: null } : question.check(given.value)
  if ('wrong' in checked) return checked
  const refused = choicesFor(question, interview.draft).find(({ value }) => value === checked.value)
  if (refused?.impossible) return { wrong: refused.impossible.reason, fix: refused.impossible.fix }
  const also = Object.entries(given.also ?? {}).map(
    ([id, value]) => [id, { value, from: given.from }] as const,
  )
  const draft = {
    ...interview.draft,
    ...Object.fromEntries(also),
    [question.id]: { value: checked.value, from: given.from },
  }
  const next = question.asked ? questions.indexOf(question) + 1 : 0
  return standing(draft, firstOpen(draft, questions, next) ?? firstOpen(draft, questions, 0))
}

/** To the question before; what was typed stays. Undefined at the first one. */
export function goBack(
  { draft, at }: Interview,
  questions: readonly Question[],
): Interview | undefined {
  const asked = askedQuestions(draft, questions)
  const index = at === undefined ? asked.length : asked.findIndex(({ id }) => id === at)
  const before = asked[(index < 0 ? asked.length : index) - 1]
  return before && { draft, at: before.id }
}

/** To any question that applies, also one that is only asked when somebody wants to change it. */
export function goTo({ draft }: Interview, id: string): Interview {
  return { draft, at: id }
}

/** Everything that can be changed: all questions that apply, with what they stand at. */
export function changeable(
  draft: Draft,
  questions: readonly Question[],
): { question: Question; value: Json | undefined; from: Origin }[] {
  return questions
    .filter(question => applies(question, draft, questions))
    .map(question => ({
      question,
      value: answerTo(question, draft),
      from: draft[question.id]?.from ?? 'default',
    }))
}

function firstOpen(draft: Draft, questions: readonly Question[], from: number): string | undefined {
  return questions
    .slice(from)
    .find(each => each.asked && draft[each.id] === undefined && applies(each, draft, questions))?.id
}

function standing(draft: Draft, at: string | undefined): Interview {
  return at === undefined ? { draft } : { draft, at }
}
