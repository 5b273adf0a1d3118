import { Frame } from './Frame.tsx'
import { rowsHint } from './key-line.ts'
import { type Hint, type Key, means } from './keys.ts'
import { numbered } from './list-state.ts'
import { openedParts, probeRows } from './opened-view.ts'
import { mayLeave, questionRows, type RunAction } from './run-keys.ts'
import type { RunState } from './run-state.ts'
import { runParts } from './run-view.ts'
import { Screen } from './Screen.tsx'
import { openedRoom, useStage } from './stage.ts'
import { type Store, useStore } from './store.ts'
import { useTicks } from './use-ticks.ts'

/** A run while it goes: drawn from its events, the plan and the clock. */
export function RunScreen({ store }: { store: Store<RunState, RunAction> }) {
  const stage = useStage()
  const state = useStore(store)
  const ticks = useTicks(state.finished === undefined)
  const { opened, finished } = state
  const onKey = (key: Key) => {
    const copied = means(key, 'copy') ? copiedText(store.get()) : undefined
    if (copied !== undefined) stage.copy(copied)
    else if (!scrolls(key)) store.send(key)
  }
  /** What is opened scrolls by what is drawn: it may be higher than the terminal. */
  const scrolls = (key: Key): boolean => {
    const { opened: list, current } = store.get()
    if (!list || !current || key.is === 'escape' || means(key, 'open')) return false
    const heights =
      current.probes.length > 0
        ? probeRows(current, list.cursor, stage).map(({ length }) => length)
        : current.lines.map(() => 1)
    store.send({ is: 'scroll', key, heights, room: openedRoom(stage) })
    return true
  }
  if (finished) return <Frame parts={[]} />
  const parts = opened ? openedParts(state, opened, stage) : runParts(state, stage, ticks)
  return (
    <Screen
      parts={parts}
      hints={runHints(state)}
      lead={stage.narrow ? '' : awayWords(state)}
      onKey={onKey}
    />
  )
}

function awayWords({ awaySince, opened }: RunState): string {
  return awaySince === undefined || opened ? '' : `away since ${awaySince}`
}

/** What `c` writes: the probe's command, the line to paste, or the step's command. */
function copiedText({ current, opened }: RunState): string | undefined {
  if (!current) return undefined
  const probe = opened && current.probes[opened.cursor]
  if (probe) return probe.command
  if (opened && current.lines.length > 0) return current.lines.join('\n')
  if (current.wait?.manual?.copy !== undefined) return current.wait.manual.copy
  return current.command.length > 0 ? current.command.join('\n') : undefined
}

/** The keys that work in a run now. */
function runHints(state: RunState): Hint[] {
  const { opened, question, current, pauseUntil } = state
  const probes = (current?.probes.length ?? 0) > 0
  if (opened) {
    return [
      { key: 'move', word: probes ? 'probe' : 'line' },
      { key: 'copy', word: probes ? 'copy command' : 'copy all', narrow: 'c copy' },
      { key: 'open', word: 'close' },
    ]
  }
  const open: Hint = { key: 'open', word: probes ? 'probes' : 'all output', narrow: 'e output' }
  const copy: Hint = { key: 'copy', word: 'copy command', narrow: 'c copy' }
  if (question) {
    const rows = numbered(questionRows(question, state))
    return [rowsHint(rows.length), open, copy]
  }
  if (pauseUntil !== undefined) {
    const line: Hint = { key: 'copy', word: 'copy the line', narrow: 'c copy' }
    const by = current?.wait?.manual?.copy === undefined ? copy : line
    const quiet: Hint = { ...open, narrow: '' }
    const again: Hint = { key: 'again', word: 'ask now', narrow: 'r ask' }
    const leave: Hint = { key: 'leave', word: 'leave, safely', narrow: 'q leave' }
    return mayLeave(state) ? [by, quiet, again, leave] : [by, quiet, again, stop]
  }
  return [open, copy, stop]
}

const stop: Hint = { key: 'stop', word: 'stop' }
