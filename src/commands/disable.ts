import type { ExitCode } from '../exit-codes.ts'
import { knownAnswers, recordedAnswers } from './endpoint-of.ts'
import { goWith } from './go.ts'
import type { Io } from './io.ts'
import type { GoOptions } from './planning.ts'

/** Back to HTTP, with proof that HTTP answers and TLS does not. */
export async function disable(name: string, options: GoOptions, io: Io): Promise<ExitCode> {
  const answersOf = options.offline ? knownAnswers : recordedAnswers
  return goWith('disable', await answersOf(name, io.world), options, io)
}
