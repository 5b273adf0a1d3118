import { input, password } from '@inquirer/prompts'
import { Interrupted } from '../../errors.ts'
import { plain } from '../words/line.ts'
import { wrapText } from '../words/wrap.ts'
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
    say: text => void stdout.write(`${atWords(text, stdout.columns || 80)}\n`),
    print: text => void stdout.write(`${text}\n`),
    ask: message => answered(input({ message, theme }, context), signal),
    askHidden: message => answered(password({ message, mask: false, theme }, context), signal),
  }
}

function atWords(text: string, columns: number): string {
  const indent = /^ */.exec(text)?.[0].length ?? 0
  return wrapText(text.slice(indent), columns - 1, indent)
    .map(plain)
    .join('\n')
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
