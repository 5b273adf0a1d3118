import type { Plan } from '../../plan/plan.ts'
import type { RunView } from '../front.ts'
import type { Line } from '../words/line.ts'
import { paint } from '../words/line.ts'
import { drawable } from './Frame.tsx'
import { percentOf } from './phases-state.ts'
import type { Player } from './player.ts'
import { RunScreen } from './RunScreen.tsx'
import { type RunAction, reduceRun } from './run-keys.ts'
import { type Headings, printedFor } from './run-print.ts'
import { type Question, type RunState, startQuestion, startRun, undoSteps } from './run-state.ts'
import { progressSequence } from './sequences.ts'
import { deferred, ring, show, stopped } from './show.tsx'
import { createStore } from './store.ts'

/** A run that was longer rings when it ends or asks. Milliseconds. */
const longMs = 60_000

/** Printed lines may be as wide; copied lines must not break. */
const mostPrinted = 80

/** Shows a run: what is finished is printed, what goes on is the frame, until it is closed. */
export function playRun(player: Player, plan: Plan): RunView {
  const store = createStore<RunState, RunAction>(reduceRun, startRun(plan))
  const refused = `Ctrl-Z is refused: the run holds the lock of ${plan.endpoint}.`
  const shown = show<void>(player, () => <RunScreen store={store} />, {
    outlivesStop: true,
    refusesSuspend: () => store.send({ is: 'notice', text: refused }),
  })
  const { signal, terminal, glyphs, osc } = player
  const onStop = () => store.send({ is: 'stop' })
  if (signal.aborted) onStop()
  signal.addEventListener('abort', onStop, { once: true })
  let headings: Headings = new Set()
  let held: readonly Line[] = []
  let rung = false
  let bug: { error: unknown } | undefined
  shown.result.catch(error => {
    bug = { error }
  })

  const printHeld = () => {
    printLines(player, held)
    held = []
  }
  const ringOnce = () => {
    const { startedAt } = store.get()
    if (rung || startedAt === undefined || player.now() - startedAt < longMs) return
    rung = true
    ring(player)
  }
  const tellProgress = ({ finished, question }: RunState) => {
    if (!osc.progress) return
    const failed =
      question?.about === 'decide' || (finished && finished.outcome !== 'done') || false
    terminal.write(progressSequence({ percent: percentOf(store.get()), failed }))
  }
  /** Waits for what the person says to what is asked; a stop ends it. */
  const answered = (stop: AbortSignal) => {
    const { promise, resolve, reject } = deferred<NonNullable<RunState['answer']>>()
    const leave = store.subscribe(() => {
      const { answer } = store.get()
      if (answer) resolve(answer)
    })
    const interrupt = () => reject(stopped(stop))
    if (stop.aborted) interrupt()
    shown.result.catch(reject)
    stop.addEventListener('abort', interrupt, { once: true })
    return promise.finally(() => {
      leave()
      stop.removeEventListener('abort', interrupt)
      store.send({ is: 'answered' })
    })
  }
  const askPerson = (question: Question) => {
    const answer = answered(signal)
    tellProgress(store.send({ is: 'question', question }))
    ringOnce()
    return answer
  }

  return {
    onEvent(event) {
      const width = Math.min(mostPrinted, terminal.size().columns)
      const printed = printedFor(event, store.get(), headings, { glyphs, width })
      headings = printed.headings
      printHeld()
      // a failure stands in the frame while it is asked what to do; what ends the run comes after the frame
      if (event.type === 'step.failed' || event.type === 'run.finished') held = printed.lines
      else printLines(player, printed.lines)
      const state = store.send({ is: 'event', event })
      tellProgress(state)
      if (event.type === 'run.finished') ringOnce()
    },
    async pause(ms, stop) {
      const answer = answered(AbortSignal.any([signal, stop]))
      store.send({ is: 'pause', until: player.now() + ms })
      const timer = setTimeout(() => store.send({ is: 'elapsed' }), ms)
      try {
        const said = await answer
        return 'pause' in said ? said.pause : 'look'
      } finally {
        clearTimeout(timer)
      }
    },
    async ask(text) {
      const choice = startQuestion(2, 1)
      const answer = await askPerson({ about: 'ask', text, choice })
      return 'yes' in answer && answer.yes
    },
    async decide(step, problem) {
      const canUndo = step.onFail === 'undo' && undoSteps(store.get()).length > 0
      const question = {
        about: 'decide',
        step,
        problem,
        canUndo,
        choice: startQuestion(3, 0),
      } as const
      const answer = await askPerson(question)
      return 'decision' in answer ? answer.decision : 'stop'
    },
    async close() {
      signal.removeEventListener('abort', onStop)
      shown.close()
      printHeld()
      if (osc.progress) terminal.write(progressSequence('none'))
      if (bug) throw bug.error
    },
  }
}

/** Prints finished lines above the frame, as they are: what is to be copied is never cut. */
export function printLines({ print, glyphs, colour }: Player, lines: readonly Line[]): void {
  if (lines.length === 0) return
  const drawn = lines.map(line => paint(drawable(line, Number.POSITIVE_INFINITY, glyphs), colour))
  print(`${drawn.join('\n')}\n`)
}
