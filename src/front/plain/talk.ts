import { input, password } from '@inquirer/prompts'
import { Interrupted } from '../../errors.ts'
import type { Talk } from './say.ts'

/** What the plain front needs of the terminal. */
export interface TalkStreams {
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  signal: AbortSignal
}

/**
 * Asks with Inquirer's input and password alone: its select redraws the list, which a screen reader
 * says again at each key.
 */
export function createTalk({ stdin, stdout, signal }: TalkStreams): Talk {
  const context = { input: stdin, output: stdout, signal, clearPromptOnDone: false }
  const theme = { prefix: '' }
  return {
    say: text => void stdout.write(`${text}\n`),
    ask: message => answered(input({ message, theme }, context), signal),
    askHidden: message => answered(password({ message, mask: false, theme }, context), signal),
  }
}

/** Ctrl-C in a prompt, and a stop from outside, end the command alike. */
async function answered(prompt: Promise<string>, signal: AbortSignal): Promise<string> {
  try {
    return await prompt
  } catch (error) {
    const name = (error as Error).name
    if (name === 'ExitPromptError' || name === 'AbortPromptError') {
      throw signal.reason instanceof Interrupted ? signal.reason : new Interrupted()
    }
    throw error
  }
}
