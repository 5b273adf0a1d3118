import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Line, span } from '../../front/words/line.ts'
import { listWaiting, type Waiting } from '../../requests/pointers.ts'
import { requestPaths } from '../../requests/request-folder.ts'
import { type Io, printJson, printOut } from '../io.ts'
import { shownPath } from './shown-path.ts'

/** Lists the requests that a CA has not answered yet. */
export async function waiting({ json }: { json?: boolean }, io: Io): Promise<ExitCode> {
  const all = await listWaiting(io.world.stateFolder)
  if (json) {
    const requests = all.map(asJson)
    printJson(io, { schema: 'secure-endpoint/waiting@1', requests })
  } else if (all.length === 0) {
    printOut(io, [[span('No request waits for an answer.')]])
  } else {
    printOut(io, waitingLines(all, io))
  }
  return exitCodes.done
}

export function asJson({ folder, request }: Waiting) {
  const { names, made, keyType } = request
  return { folder, names, made, keyType, request: requestPaths(folder).request }
}

/** What waits, and the command that goes on. */
export function waitingLines(all: readonly Waiting[], { glyphs, world }: Io): Line[] {
  return [
    ...all.flatMap(({ folder, request }): Line[] => [
      [
        glyphs.state('next'),
        span(` ${request.names.join(', ')}`, 'bold'),
        span(`  asked ${request.made.slice(0, 10)}`, 'quiet'),
      ],
      [span('  request  ', 'quiet'), span(shownPath(requestPaths(folder).request, world.cwd))],
    ]),
    [span('  answer   ', 'quiet'), span('secure-endpoint cert issue --answer FILE…')],
  ]
}
