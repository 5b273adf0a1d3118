import { formatElapsed } from '../../duration.ts'
import { type Line, type Span, span } from '../words/line.ts'
import { withRight } from '../words/run.ts'
import { phaseStates } from './phases-state.ts'
import type { Current, RunState } from './run-state.ts'
import type { Stage } from './stage.ts'

/** `✔ Check  ✔ Prepare  Change 3 of 4  ○ Serve  ○ DNS  ○ Reach      2 min 22 s` */
export function phasesLine(state: RunState, { width, glyphs, narrow, now }: Stage): Line {
  const phases = phaseStates(state)
  const took =
    state.startedAt === undefined ? '' : formatElapsed(Math.max(0, now() - state.startedAt))
  const spans = phases.flatMap(({ name, state: how, at, steps, phase }): Span[] => {
    if (how === 'runs' || phase === state.current?.phase) {
      return [span(`${name} ${at} of ${steps}`, 'bold'), span('  ')]
    }
    if (narrow) return []
    return [glyphs.state(how), span(` ${name}  `, how === 'next' ? 'quiet' : undefined)]
  })
  return withRight([span('  '), ...spans], took, width, glyphs)
}

/** The program that a step runs, for a sentence. */
export function toolOf(current: Current | undefined): string | undefined {
  const words = (current?.command[0] ?? '').split(' ').filter(word => !/^[A-Z_]+=/.test(word))
  const [first = ''] = words
  return /^[a-z][\w.-]*$/.test(first) && first !== 'writes' ? first : undefined
}
