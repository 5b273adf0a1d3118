import { usage } from '../errors.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { StageFault } from '../rehearsal/faults.ts'
import { answersFromFile } from './get-answers.ts'
import { go } from './go.ts'
import type { Io } from './io.ts'

export interface InitOptions {
  answers?: string
  target?: string
  plan?: boolean
  rehearse?: boolean
  stageFault?: StageFault
  yes?: boolean
  json?: boolean
  expectPlan?: string
  resume?: string
  undo?: boolean
  abandon?: boolean
}

/** From nothing to a proven endpoint: by the wizard, or with `--answers`. */
export async function init(options: InitOptions, io: Io): Promise<ExitCode> {
  if (options.answers !== undefined) {
    return go('enable', await answersFromFile(options.answers, io), options, io)
  }
  throw usage('--answers FILE is missing.', 'Without a terminal nothing can be asked.')
}
