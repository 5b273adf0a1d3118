import type { Choice } from '../../answers/question.ts'
import { type Line, plain } from '../words/line.ts'

/** What a person is told and asked, line by line: nothing is redrawn, nothing cut. */
export interface Talk {
  /** Tells a sentence, broken between words where the terminal ends. */
  say(text: string): void
  /** Prints lines as they are: what is drawn or to be pasted. */
  print(text: string): void
  /** One line typed; undefined when the input has ended. */
  ask(message: string): Promise<string>
  askHidden(message: string): Promise<string>
}

export function sayLines(talk: Talk, lines: readonly Line[]): void {
  for (const line of lines) talk.print(plain(line))
}

/** Choices with numbers; those that cannot be taken come last, with their reason. */
export function sayChoices(talk: Talk, choices: readonly Choice[]): void {
  for (const [index, { title, note }] of possible(choices).entries()) {
    talk.say(`  ${index + 1} ${title}${note ? `: ${note}` : ''}`)
  }
  for (const { title, impossible } of choices) {
    if (impossible) talk.say(`  Not possible: ${title}: ${impossible.reason} ${impossible.fix}`)
  }
}

/** The choice that a number, a value or a title means. */
export function choiceFor<T extends Choice>(text: string, choices: readonly T[]): T | undefined {
  const able = possible(choices)
  if (/^\d+$/.test(text)) return able[Number(text) - 1]
  const meant = text.toLowerCase()
  return choices.find(
    ({ value, title }) => value.toLowerCase() === meant || title.toLowerCase() === meant,
  )
}

export function possible<T extends Choice>(choices: readonly T[]): T[] {
  return choices.filter(({ impossible }) => !impossible)
}
