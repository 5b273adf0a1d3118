import { formatElapsed } from '../../duration.ts'
import { span } from '../words/line.ts'
import { Screen } from './Screen.tsx'
import { spinner } from './spinner.ts'
import { useStage } from './stage.ts'
import { useTicks } from './use-ticks.ts'

/** What runs while nobody is asked: one line, so that the screen is never empty. */
export function Busy({ text, since }: { text: string; since: number }) {
  const stage = useStage()
  const ticks = useTicks(true)
  const elapsed = formatElapsed(stage.now() - since)
  const line = [span('  '), spinner(stage, ticks), span(` ${text}  `), span(elapsed, 'quiet')]
  return (
    <Screen parts={[{ kind: 'line', lines: [line] }]} hints={[{ key: 'stop' }]} onKey={() => {}} />
  )
}
