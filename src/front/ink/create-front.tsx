import { changeable } from '../../answers/interview.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { Front, Row } from '../front.ts'
import { answerText, labelOf } from '../words/answers.ts'
import type { Glyphs } from '../words/glyphs.ts'
import { Busy } from './Busy.tsx'
import { Choose, indented, toActOn } from './Choose.tsx'
import { createPlayer } from './create-player.ts'
import { Gate } from './Gate.tsx'
import { InterviewScreen } from './InterviewScreen.tsx'
import type { InterviewState } from './interview-state.ts'
import { keepPaste } from './keep-paste.ts'
import { Review } from './Review.tsx'
import { playRun, printLines } from './run.tsx'
import { show } from './show.tsx'
import { layoutOf } from './stage.ts'
import { TextQuestion } from './TextQuestion.tsx'
import { WatchScreen } from './WatchScreen.tsx'

export interface InkOptions {
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  /** Which terminal it is: TERM and TERM_PROGRAM decide which sequences may be sent. */
  env: Readonly<Record<string, string | undefined>>
  glyphs: Glyphs
  /** Frames are coloured by us: nothing hangs on NO_COLOR or FORCE_COLOR when Ink is imported. */
  colour: boolean
  /** Fires when the user stops; its reason is an Interrupted. */
  signal: AbortSignal
  /** Milliseconds since 1970. */
  now(): number
  /** Ctrl-C: the caller aborts `signal`. */
  onStop(): void
  /** Ctrl-C once more, after the terminal was given back; by default the process ends with it. */
  leave?: (exit: 130) => void
  /** Stops the process, and calls back when it goes on; by default as Ctrl-Z does outside of raw mode. */
  suspend?: (resumed: () => void) => void
  /** Where a pasted PEM is kept (0600 in a folder of 0700); made when there is one. */
  pasteFolder: string
}

/** The front that draws: one screen of Ink a phase, finished lines above it. */
export async function createInkFront(options: InkOptions): Promise<Front> {
  const player = createPlayer(options)
  const { terminal } = player
  // what was typed and not taken outlives a screen
  let fields: InterviewState['fields'] = {}
  const choose = <T extends string>(title: string, rows: readonly Row<T>[]) =>
    show<T | undefined>(player, done => <Choose title={title} rows={rows} onDone={done} />).result

  const front: Front = {
    async home({ found, rows }) {
      const { columns, rows: high } = terminal.size()
      const above = layoutOf(columns, high).narrow ? toActOn(found) : found
      const choice = await show<(typeof rows)[number]['value'] | undefined>(player, done => (
        <Choose
          title="What do you want to do?"
          rows={rows}
          above={above.map(indented)}
          back={false}
          onDone={done}
        />
      )).result
      return choice ?? front.home({ version: '', found, rows })
    },
    async interview(interview, asking) {
      if (interview.at === undefined) return interview
      const ended = await show<{
        interview: typeof interview | undefined
        fields: InterviewState['fields']
      }>(player, done => (
        <InterviewScreen
          interview={interview}
          asking={asking}
          fields={fields}
          keepPaste={text => keepPaste(text, options.pasteFolder)}
          onDone={(answered, typed) => done({ interview: answered, fields: typed })}
        />
      )).result
      fields = { ...fields, ...ended.fields }
      return ended.interview
    },
    line: (question, noun, check) =>
      show<string | undefined>(player, done => (
        <TextQuestion
          question={question}
          noun={noun}
          check={text => check(text.trim())}
          onDone={text => done(text?.trim())}
        />
      )).result,
    passphrase: (file, wrong) =>
      front.secret(`Which passphrase opens ${oneLine(file)}?`, 'Passphrase', wrong),
    secret: (question, noun, wrong) =>
      show<string | undefined>(player, done => (
        <TextQuestion
          question={question}
          noun={noun}
          check={text => (text === '' ? 'Nothing is typed yet.' : undefined)}
          wrong={wrong}
          hidden
          onDone={done}
        />
      )).result,
    gate: (judgement, now) =>
      show<Awaited<ReturnType<Front['gate']>>>(player, done => (
        <Gate judgement={judgement} now={now} onDone={done} />
      )).result,
    async review(reviewed) {
      const choice = await show<Awaited<ReturnType<Front['review']>>>(player, done => (
        <Review reviewed={reviewed} onDone={done} />
      )).result
      if (choice === 'run') printLines(player, reviewed.review)
      return choice
    },
    change(interview, questions) {
      const all = changeable(interview.draft, questions)
      const rows = all.map(({ question, from }) => ({
        value: question.id,
        title: labelOf(question),
        note: `${answerText(question, interview.draft) || 'not set'}  (${from === 'answer' ? 'typed' : from})`,
      }))
      return choose('Which answer shall be another one?', rows)
    },
    choose,
    run: plan => playRun(player, plan),
    watch: watch => show<void>(player, done => <WatchScreen watch={watch} onDone={done} />).result,
    async busy(text, work) {
      // it is never done by a key: a stop alone ends it before the work does
      const shown = show<never>(player, () => <Busy text={text} since={options.now()} />)
      try {
        return await Promise.race([work(), shown.result])
      } finally {
        shown.close()
      }
    },
    print: lines => printLines(player, lines),
  }
  return front
}
