import { succeeded, type ToolResult } from '../../process/tool.ts'
import { whileAway } from '../away.ts'
import type { Argv, Calling, Place } from '../place.ts'
import { helmProblem } from './problems.ts'

/** A call of helm that may be made twice: an API server that is away is waited for while a run works. */
export function runHelm(
  place: Place,
  release: string,
  argv: Argv,
  limitMs: number,
  calling: Calling,
): Promise<ToolResult> {
  const { run, signal, userFolder } = calling
  return whileAway(
    place,
    calling,
    () => run({ argv, limitMs, signal, cwd: userFolder }),
    result => (succeeded(result) ? undefined : helmProblem(result, place, release, limitMs)),
  )
}
