import { type Line, span } from '../words/line.ts'
import { Frame } from './Frame.tsx'
import type { Part } from './fit.ts'
import { helpLines, keyLine } from './key-line.ts'
import { type Hint, type Key, means } from './keys.ts'
import { useStage } from './stage.ts'
import { useMachine } from './store.ts'
import { useKeys } from './use-keys.ts'

interface ScreenProps {
  parts: readonly Part[]
  /** The keys that work now, most useful first. */
  hints: readonly Hint[]
  /** While text is typed no letter acts, `?` neither. */
  typing?: boolean
  /** What stands before the keys. */
  lead?: string
  onKey(key: Key): void
}

/** A frame with its key line; `?` shows what works now in its place. */
export function Screen({ parts, hints, typing = false, lead = '', onKey }: ScreenProps) {
  const stage = useStage()
  const [helps, setHelps, isHelping] = useMachine(
    (_old: boolean, next: boolean) => next,
    () => false,
  )
  useKeys(key => {
    if (isHelping()) setHelps(false)
    else if (!typing && means(key, 'help')) setHelps(true)
    else onKey(key)
  })
  if (helps) return <Frame parts={helpParts(helpLines(hints, ['help', 'stop', 'suspend']))} />
  const last: Part = { kind: 'line', lines: [keyLine(hints, stage, { lead, helps: !typing })] }
  return <Frame parts={[...parts, { kind: 'gap' }, last]} />
}

function helpParts(lines: readonly Line[]): Part[] {
  return [
    { kind: 'line', lines: [[span('  Keys that work here', 'bold')]] },
    { kind: 'list', rows: lines.map(line => [line]), cursor: 0 },
    { kind: 'line', lines: [[span('  any key goes back', 'quiet')]] },
  ]
}
