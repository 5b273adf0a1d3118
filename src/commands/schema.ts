import { questionsFor } from '../answers/questions.ts'
import { answersSchema } from '../answers/schema.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { targets } from '../targets/index.ts'
import { type Io, printJson } from './io.ts'

/** The JSON Schema of an answers file. */
export async function schema(io: Io): Promise<ExitCode> {
  printJson(io, answersSchema(questionsFor(targets)))
  return exitCodes.done
}
