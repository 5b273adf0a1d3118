import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Line, span } from '../front/words/line.ts'
import { statusRow } from '../front/words/status.ts'
import { listEndpoints } from '../record/endpoint.ts'
import { listWaiting } from '../requests/pointers.ts'
import { recordedStatus } from '../status/look.ts'
import { asJson, waitingLines } from './cert/waiting.ts'
import { type Io, printJson, printOut, widthOf } from './io.ts'

const waitingHead: Line = [span('Requests that wait for the answer of a CA', 'bold')]

/** What is recorded on this machine; nothing is asked of the network. */
export async function list({ json }: { json?: boolean }, io: Io): Promise<ExitCode> {
  const { world } = io
  const names = await listEndpoints(world.stateFolder)
  const all = await Promise.all(names.map(name => recordedStatus(name, world)))
  const waiting = await listWaiting(world.stateFolder)
  if (json) {
    const requests = waiting.map(asJson)
    printJson(io, { schema: 'secure-endpoint/list@1', endpoints: all, requests })
  } else {
    printOut(
      io,
      all.map(each => statusRow(each, world.clock.now(), io.glyphs, widthOf(io))),
    )
    if (waiting.length > 0) printOut(io, [waitingHead, ...waitingLines(waiting, io)])
  }
  return exitCodes.done
}
