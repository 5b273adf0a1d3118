import { problem, usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Line, span } from '../../front/words/line.ts'
import {
  installTrust,
  isInstalled,
  mustBeAllowed,
  removeTrust,
  storeHere,
} from '../../trust/install.ts'
import type { TrustFiles } from '../../trust/trust-files.ts'
import type { TrustWay } from '../../trust/ways.ts'
import { type Io, printErr, printJson, printOut } from '../io.ts'
import type { TrustOptions } from './trust.ts'

/** Changes what this system trusts, after its commands were shown and agreed to. */
export async function change(
  files: TrustFiles,
  ways: readonly TrustWay[],
  { remove, yes, json }: TrustOptions,
  io: Io,
): Promise<ExitCode> {
  const { world } = io
  const store = await storeHere(world)
  const way = ways.find(({ id }) => id === store?.id)
  if (!store || !way) throw notHere(ways)
  const commands = (remove ? way.undo : way.commands).map(each => each.replace(/^sudo /, ''))
  const said = (changed: boolean, text: string): ExitCode => {
    if (json) {
      printJson(io, {
        schema: 'secure-endpoint/trust-changed@1',
        store: store.id,
        changed,
        commands,
      })
    } else printOut(io, [[io.glyphs.state('done'), span(` ${text}`)]])
    return exitCodes.done
  }
  if (!remove && (await isInstalled(store, files, world.env))) {
    return said(false, 'This machine trusts it already.')
  }
  await mustBeAllowed(store, remove ? way.undo : way.commands)
  if (!json) printErr(io, asked(commands, remove === true))
  if (!yes && !(await agrees(io))) {
    throw usage(
      'Nobody agreed to changing what this machine trusts.',
      'Look at the commands above, then add --yes.',
    )
  }
  if (remove) {
    const gone = await removeTrust(store, files, world)
    return said(gone.length > 0, 'This machine does not trust it any more.')
  }
  await installTrust(store, files, world)
  const exit = said(true, 'This machine trusts it now.')
  if (!json) {
    const undo = way.undo.map(each => each.replace(/^sudo /, ''))
    printOut(
      io,
      undo.map(
        (each, index): Line => [span(index === 0 ? '  undo  ' : '        ', 'quiet'), span(each)],
      ),
    )
  }
  return exit
}

function asked(commands: readonly string[], remove: boolean): Line[] {
  return [
    [span(remove ? 'This is undone on this machine:' : 'This is done on this machine:', 'bold')],
    ...commands.map((each): Line => [span(`  ${each}`)]),
  ]
}

async function agrees({ meet, stdin, stderr, signal }: Io): Promise<boolean> {
  if (meet === 'none') return false
  const { confirm } = await import('@inquirer/prompts')
  const question = { message: 'Shall it be done?', default: false }
  return confirm(question, { input: stdin, output: stderr, signal })
}

function notHere(ways: readonly TrustWay[]) {
  const systems = ways.filter(({ kind }) => kind === 'system').map(({ id }) => id)
  return problem(exitCodes.unavailable, {
    id: 'trust.not-here',
    subject: 'this machine',
    evidence: 'neither update-ca-certificates nor update-ca-trust is here',
    fix: `Its commands are shown instead: --for ${systems.join(' ')}`,
  })
}
