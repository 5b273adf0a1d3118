import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { statusRow } from '../front/words/status.ts'
import { listEndpoints } from '../record/endpoint.ts'
import { recordedStatus } from '../status/look.ts'
import { type Io, printJson, printOut, widthOf } from './io.ts'

/** What is recorded on this machine; nothing is asked of the network. */
export async function list({ json }: { json?: boolean }, io: Io): Promise<ExitCode> {
  const { world } = io
  const names = await listEndpoints(world.stateFolder)
  const all = await Promise.all(names.map(name => recordedStatus(name, world)))
  if (json) {
    printJson(io, { schema: 'secure-endpoint/list@1', endpoints: all })
  } else {
    printOut(
      io,
      all.map(each => statusRow(each, world.clock.now(), io.glyphs, widthOf(io))),
    )
  }
  return exitCodes.done
}
