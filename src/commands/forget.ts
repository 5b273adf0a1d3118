import { usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { span } from '../front/words/line.ts'
import { forgetEndpoint } from '../record/endpoint.ts'
import { recordOf } from './endpoint-of.ts'
import { type Io, printOut } from './io.ts'

/** Removes the record of an endpoint, with its keys. The endpoint itself is left as it is. */
export async function forget(name: string, { yes }: { yes?: boolean }, io: Io): Promise<ExitCode> {
  const paths = await recordOf(name, io.world)
  if (!yes && !(await agrees(name, io))) {
    throw usage(
      `Nobody agreed to forgetting ${name}: its keys and answers in ${paths.folder} would be gone.`,
      'Add --yes.',
    )
  }
  await forgetEndpoint(io.world.stateFolder, name)
  printOut(io, [[span(`${name} is forgotten. The endpoint itself is as it was.`)]])
  return exitCodes.done
}

async function agrees(name: string, io: Io): Promise<boolean> {
  if (io.meet === 'none') return false
  const { input } = await import('@inquirer/prompts')
  const typed = await input({ message: `Type ${name} to remove its record and keys:` })
  return typed.trim() === name
}
