import { exitCodes } from '../../exit-codes.ts'
import type { InkOptions } from './create-front.tsx'
import type { Player } from './player.ts'
import { takesOsc } from './sequences.ts'
import { createTerminal } from './terminal.ts'

/** A process that could not be stopped (nobody would continue it) goes on after so long. Milliseconds. */
const notSuspendedMs = 100

/** The terminal and all else that the phases of a front share. */
export function createPlayer(options: InkOptions): Player {
  const { stdin, stdout, env, glyphs, colour, signal, now, onStop } = options
  const leave = options.leave ?? (exit => process.exit(exit))
  const osc = takesOsc(env)
  const terminal = createTerminal({ stdin, stdout, progress: osc.progress })
  const printer: Player['printer'] = { above: undefined }
  let stops = 0
  return {
    terminal,
    glyphs,
    colour,
    signal,
    now,
    osc,
    printer,
    print(text) {
      if (printer.above) printer.above(text)
      else terminal.write(text)
    },
    stop() {
      stops += 1
      if (stops === 1 && !signal.aborted) return onStop()
      terminal.restore()
      leave(exitCodes.interrupted)
    },
    suspend: options.suspend ?? suspend,
  }
}

/** Stops this process and its group, as Ctrl-Z does outside of raw mode. */
function suspend(resumed: () => void): void {
  let went = false
  const once = () => {
    if (went) return
    went = true
    process.off('SIGCONT', once)
    resumed()
  }
  if (process.platform === 'win32') {
    once()
    return
  }
  process.once('SIGCONT', once)
  process.kill(0, 'SIGTSTP')
  setTimeout(once, notSuspendedMs)
}
