import { formatElapsed } from '../../duration.ts'
import type { Event } from '../../plan/events.ts'
import { logLine, waitWords } from '../words/run.ts'

/** A step that says nothing for so long is said to still run. Milliseconds. */
const heartbeatMs = 30_000

/**
 * The plain, append-only log: a line for each event that people need, nothing redrawn, and a line at
 * least each 30 s while something runs.
 *
 * @param write takes one or more whole lines without the newline at the end
 */
export function createLog(write: (text: string) => void): (event: Event) => void {
  let lastAt = 0
  let lastWait = ''
  return event => {
    const now = Date.parse(event.time)
    const say = (text: string) => {
      lastAt = now
      write(text)
    }
    if (event.type === 'step.progress') {
      if (now - lastAt < heartbeatMs) return
      const at = event.time.slice(11, 19)
      return say(
        `${at} still running, ${formatElapsed(event.elapsedMs)}: ${event.seen || 'no word yet'}`,
      )
    }
    if (event.type === 'wait') {
      const words = waitWords(event)
      if (words === lastWait && now - lastAt < heartbeatMs) return
      const first = lastWait === ''
      lastWait = words
      if (first) for (const line of event.manual?.text ?? []) write(`  ${line}`)
      const of = `${formatElapsed(event.elapsedMs)} of ${formatElapsed(event.limitMs)}`
      return say(`${event.time.slice(11, 19)} waiting, ${of}: ${words}`)
    }
    if (event.type === 'step.started') lastWait = ''
    const line = logLine(event)
    if (line !== undefined) say(line)
  }
}
