import { useEffect, useRef } from 'react'
import type { EndpointStatus } from '../../status/endpoint-status.ts'
import type { Watch } from '../front.ts'
import { endpointParts } from './endpoint-view.ts'
import type { Part } from './fit.ts'
import type { Key } from './keys.ts'
import { poll } from './poll.ts'
import { Screen } from './Screen.tsx'
import { useStage } from './stage.ts'
import { useMachine } from './store.ts'
import { reduceWatch, startWatch } from './watch-state.ts'
import { listParts, nothingLines, watchHints } from './watch-view.ts'

/** Lines of the list that are no rows. */
const noRows = 4

/** The times are drawn anew so often while nothing changes. Milliseconds. */
const timeMs = 5_000

/** Looks that end within so long are drawn at once. Milliseconds. */
const gatherMs = 100

/** The live status of one endpoint, or of many. */
export function WatchScreen({ watch, onDone }: { watch: Watch; onDone(): void }) {
  const stage = useStage()
  const [state, send] = useMachine(reduceWatch, () =>
    startWatch(watch.names, watch.recorded, watch.now()),
  )
  const lookNow = useRef<(name: string) => void>(() => {})
  useEffect(() => {
    const leaves = new AbortController()
    const pending = { began: [] as string[], seen: [] as EndpointStatus[] }
    let timer: NodeJS.Timeout | undefined
    let drawn = watch.now()
    // thousands of looks end together: they are drawn together
    const later = () => {
      timer ??= setTimeout(() => {
        timer = undefined
        send({ is: 'looks', began: pending.began.splice(0), seen: pending.seen.splice(0) })
      }, gatherMs)
    }
    lookNow.current = poll({
      names: watch.names,
      look: watch.look,
      now: watch.now,
      signal: leaves.signal,
      onLook(name) {
        pending.began.push(name)
        later()
      },
      onSeen(status) {
        pending.seen.push(status)
        later()
      },
      onStep() {
        const now = watch.now()
        if (now - drawn < timeMs) return
        drawn = now
        send({ is: 'time', now })
      },
    })
    return () => {
      leaves.abort()
      clearTimeout(timer)
    }
  }, [watch, send])
  const page = Math.max(1, stage.height - noRows)
  useEffect(() => {
    send({ is: 'page', rows: page })
  }, [page, send])

  const onKey = (key: Key) => {
    const next = send(key)
    if (next.taken) return onDone()
    if (next.wanted === undefined) return
    send({ is: 'asked' })
    lookNow.current(next.wanted)
  }
  const opened = state.opened === undefined ? undefined : state.all[state.opened]
  const parts: Part[] = opened
    ? endpointParts(opened, state, stage)
    : watch.names.length === 0
      ? [{ kind: 'line', lines: nothingLines(stage.width) }]
      : listParts(state, stage)
  return <Screen parts={parts} hints={watchHints(state)} typing={state.filtering} onKey={onKey} />
}
