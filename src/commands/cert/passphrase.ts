import { resolve } from 'node:path'
import { readSecret } from '../../answers/secret.ts'
import { Problem, usage } from '../../errors.ts'
import type { Io } from '../io.ts'

export interface PassphraseOptions {
  passphraseFile?: string
  /** Lock the key of a CA that is made. */
  lockCa?: boolean
}

/** The passphrase of the local CA from its file; undefined where none is named. */
export async function passphraseOf(
  { passphraseFile, lockCa }: PassphraseOptions,
  io: Io,
): Promise<string | undefined> {
  const { cwd } = io.world
  if (passphraseFile !== undefined) return readSecret({ file: resolve(cwd, passphraseFile) }, cwd)
  if (!lockCa) return undefined
  if (io.meet === 'none') {
    throw usage(
      '--lock-ca needs a passphrase, and there is no terminal to ask on.',
      'Name a file that holds it in its first line: --passphrase-file FILE.',
    )
  }
  for (;;) {
    const typed = await hidden('A passphrase for the key of the local CA:', io)
    if (typed.length < 8) {
      io.stderr.write('It has fewer than 8 characters; type a longer one.\n')
    } else if ((await hidden('The same again:', io)) === typed) {
      return typed
    } else {
      io.stderr.write('The two differ; type it again.\n')
    }
  }
}

/**
 * Does something that may need the passphrase of a local CA, and asks for it, hidden, where a person
 * is there.
 */
export async function withPassphrase<T>(
  given: string | undefined,
  io: Io,
  work: (passphrase: string | undefined) => Promise<T>,
): Promise<T> {
  let passphrase = given
  for (let tries = 0; ; tries += 1) {
    try {
      return await work(passphrase)
    } catch (error) {
      const id = error instanceof Problem ? error.findings[0]?.id : undefined
      const asks = id === 'cert.authority-locked' || id === 'cert.authority-passphrase'
      if (!asks || io.meet === 'none' || given !== undefined || tries === 3) throw error
      if (id === 'cert.authority-passphrase') io.stderr.write('This passphrase does not open it.\n')
      const name = (error as Problem).findings[0]?.subject ?? ''
      passphrase = await hidden(`The passphrase of the local CA ${name}:`, io)
    }
  }
}

async function hidden(message: string, { stdin, stderr, signal }: Io): Promise<string> {
  const { password } = await import('@inquirer/prompts')
  return password({ message, mask: false }, { input: stdin, output: stderr, signal })
}
