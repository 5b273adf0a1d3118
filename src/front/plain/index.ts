import { changeable } from '../../answers/interview.ts'
import { chainLines } from '../../certificates/summary.ts'
import type { Front, GateChoice, Row } from '../front.ts'
import { createLog } from '../log/log.ts'
import type { Glyphs } from '../words/glyphs.ts'
import { isReviewed } from '../words/plan.ts'
import { findingLines } from '../words/problem.ts'
import { alertText, statusRow } from '../words/status.ts'
import { wrapLine } from '../words/wrap.ts'
import { askInterview } from './interview.ts'
import { choiceFor, possible, sayChoices, sayLines, type Talk } from './say.ts'
import { createTalk, type TalkStreams } from './talk.ts'

export interface PlainOptions extends TalkStreams {
  glyphs: Glyphs
}

/** The front for screen readers, dumb terminals and `--plain`: lines only, nothing redrawn. */
export function createPlainFront(options: PlainOptions): Front {
  const { glyphs, signal } = options
  const talk = createTalk(options)
  const front: Front = {
    async home({ version, found, rows }) {
      talk.say(`secure-endpoint ${version}, from HTTP to proven HTTPS`)
      sayLines(talk, found)
      return (
        (await choose(talk, 'What do you want to do?', rows)) ??
        front.home({ version, found, rows })
      )
    },
    interview: (interview, asking) => askInterview(talk, interview, asking),
    async line(question, noun, check) {
      talk.say(question)
      for (;;) {
        const typed = (await talk.ask(`${noun}, or back:`)).trim()
        if (typed === 'back') return undefined
        const wrong = check(typed)
        if (wrong === undefined) return typed
        talk.say(`Wrong: ${wrong}`)
      }
    },
    passphrase: (file, wrong) =>
      front.secret(`Which passphrase opens ${file}?`, 'Passphrase', wrong),
    async secret(question, noun, wrong) {
      if (wrong) talk.say(`Wrong: ${wrong}`)
      talk.say(question)
      const typed = await talk.askHidden(`${noun}, hidden:`)
      return typed === '' ? undefined : typed
    },
    async gate(judgement, now) {
      const blocked = judgement.verdict === 'blocked'
      talk.say(
        blocked
          ? 'This certificate cannot be used. Nothing was changed, no tool was called.'
          : 'The certificate can be used.',
      )
      for (const line of chainLines(judgement.chain, judgement.root, now)) {
        talk.say(`  ${line.label}: ${line.role}, ${line.text}`)
      }
      const word = { blocks: 'Blocks', warns: 'Warns', notes: 'Note' }
      for (const found of judgement.findings) {
        const [head, ...rest] = findingLines(found, { text: '' })
        talk.say(
          `${word[found.severity]}: ${found.id}:${(head ?? [])
            .map(({ text }) => text)
            .join('')
            .trimEnd()
            .replace(/^ +/, ' ')}`,
        )
        sayLines(talk, rest)
      }
      return (await choose(talk, 'What now?', gateRows(blocked))) ?? 'other-files'
    },
    async review({ review, commands, script, saveAs }) {
      const width = (options.stdout.columns || 80) - 1
      sayLines(
        talk,
        review.flatMap(line => wrapLine(line, width, reviewLabels)),
      )
      for (;;) {
        const choice = await choose(talk, 'Shall this run?', [
          { value: 'run', title: 'Run it' },
          {
            value: 'rehearse',
            title: 'Rehearse it first',
            note: 'on this machine, nothing else is touched',
          },
          ...(saveAs === undefined
            ? [{ value: 'back' as const, title: 'Leave all as it is' }]
            : [
                { value: 'change' as const, title: 'Change an answer' },
                { value: 'save' as const, title: `Save the answers and leave: ${saveAs}` },
              ]),
          { value: 'commands', title: 'Show the commands' },
          { value: 'script', title: 'Show it as a shell script' },
        ])
        if (choice === 'commands') sayLines(talk, commands)
        else if (choice === 'script') talk.print(script)
        else return choice ?? 'back'
      }
    },
    async change(interview, questions) {
      const rows = changeable(interview.draft, questions).map(({ question, value, from }) => ({
        value: question.id,
        title: `${question.noun} (${question.id})`,
        note: `${value === undefined ? 'not set' : JSON.stringify(value)}, ${from}`,
      }))
      return choose(talk, 'Which answer shall be another one?', rows)
    },
    choose: (title, rows) => choose(talk, title, rows),
    run(plan) {
      const log = createLog(text => talk.print(text))
      return {
        onEvent: event => (isReviewed(plan, event) ? undefined : log(event)),
        pause: (ms, stop) => pass(ms, AbortSignal.any([signal, stop])),
        ask: async question => {
          talk.say(question)
          return (
            (await choose(talk, 'Answer', [
              { value: 'yes', title: 'Yes' },
              { value: 'no', title: 'No, not yet' },
            ])) === 'yes'
          )
        },
        async decide(step, problem) {
          const [found] = problem.findings
          talk.say(`Failed: ${step.title}: ${found?.title ?? ''}`)
          const undo = { value: 'undo', title: 'Undo: put back what was there' } as const
          const rows: Row<'again' | 'undo' | 'stop'>[] = [
            { value: 'again', title: 'Do this step again' },
            ...(step.undo || step.onFail === 'undo' ? [undo] : []),
            { value: 'stop', title: 'Leave it so' },
          ]
          return (await choose(talk, 'What now?', rows)) ?? 'stop'
        },
        close: async () => {},
      }
    },
    async watch({ names, recorded, look, now }) {
      for (const each of recorded)
        talk.say(
          statusRow(each, now(), glyphs, 200)
            .map(({ text }) => text)
            .join(''),
        )
      for (const name of names) {
        const status = await look(name, signal)
        const said = status.alerts.map(alert => `Alert: ${alert}, ${alertText(alert)}.`).join(' ')
        const seen = [status.seen, status.alerts.includes('secret-drift') && status.held?.seen]
        const what = [said || 'as wanted.', ...seen].filter(Boolean).join(' ')
        talk.say(`${name}, ${status.target}: ${what}`)
      }
    },
    async busy(text, work) {
      talk.say(`Running: ${text}`)
      return work()
    },
    print: lines => sayLines(talk, lines),
  }
  return front
}

/** Columns of a review's labels. */
const reviewLabels = 15

function gateRows(blocked: boolean): Row<GateChoice>[] {
  const other: Row<GateChoice>[] = [
    { value: 'other-files', title: 'Choose other files' },
    { value: 'change-domain', title: 'Change the domain' },
    { value: 'leave', title: 'Leave (exit 65)' },
  ]
  return blocked ? other : [{ value: 'continue', title: 'Continue' }, ...other]
}

/** Asks until one of the rows is named; undefined for `back`. */
async function choose<T extends string>(
  talk: Talk,
  title: string,
  rows: readonly Row<T>[],
): Promise<T | undefined> {
  talk.say(title)
  sayChoices(talk, rows)
  for (;;) {
    const typed = (await talk.ask('Number or name, or back:')).trim()
    if (typed === 'back') return undefined
    const row = choiceFor(typed, rows)
    if (row && !row.impossible) return row.value
    const why = row?.impossible
      ? `${row.impossible.reason} ${row.impossible.fix}`
      : `Write a number from 1 to ${possible(rows).length}.`
    talk.say(`Wrong: ${why}`)
  }
}

async function pass(ms: number, signal: AbortSignal): Promise<'look'> {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
  return 'look'
}
