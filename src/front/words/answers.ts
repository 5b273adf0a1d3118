import { askedQuestions } from '../../answers/interview.ts'
import { answerTo, type Draft, type Question } from '../../answers/question.ts'
import type { Json } from '../../plan/plan.ts'
import { oneLine } from '../../process/plain-text.ts'

/** An answer as it stands in an input field. */
export function typedForm(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(typedForm).join(', ')
  if (typeof value === 'object') return typedForm(value.file ?? value.fd)
  return oneLine(String(value))
}

/** What a question's check is given for a typed line; a secret is never typed, its file is. */
export function valueOfTyped({ kind }: Question, text: string): Json {
  const typed = text.trim()
  return kind === 'secret' && typed !== '' ? { file: typed } : typed
}

/** An answer that was given, for the lines above a question. */
export interface GivenAnswer {
  /** The questions that it tells about. */
  ids: string[]
  label: string
  text: string
  /** Whether it is held against the machine again before anything runs. */
  looked: boolean
}

/** The answers given so far, in the order in which they are asked; those on the certificate are one. */
export function givenAnswers(draft: Draft, questions: readonly Question[]): GivenAnswer[] {
  const given: GivenAnswer[] = []
  for (const question of askedQuestions(draft, questions)) {
    if (draft[question.id] === undefined) continue
    const text = answerText(question, draft)
    const group = question.id.startsWith('certificate.') ? 'Certificate' : labelOf(question)
    const same = given.at(-1)
    if (same && group === 'Certificate' && same.label === group) {
      same.ids.push(question.id)
      if (text !== '') same.text += `${same.ids.length === 2 ? ':' : ','} ${text}`
    } else {
      given.push({ ids: [question.id], label: group, text, looked: question.find !== undefined })
    }
  }
  return given
}

/** `Domain`; for the many that are called Path, the words of the id's last part: `Cert file`. */
export function labelOf({ id, noun }: Question): string {
  if (noun !== 'Path') return noun
  const last = id
    .slice(id.lastIndexOf('.') + 1)
    .replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
  return `${last.slice(0, 1).toUpperCase()}${last.slice(1)}`
}

/** What an answer says: the title of what was chosen, or the value. */
export function answerText(question: Question, draft: Draft): string {
  const value = answerTo(question, draft)
  return question.choices?.find(each => each.value === value)?.title ?? typedForm(value)
}
