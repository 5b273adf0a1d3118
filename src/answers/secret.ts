import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { SecretSource } from './answers.ts'

/** Secrets by what they are for: `passphrase` of an upload, else the id of the question that names them. */
export interface Secrets {
  passphrase?: string
  [question: string]: string | undefined
}

/** The passphrase alone: that of an upload, or of the local CA that signs. */
export function passphraseIn({ passphrase }: Secrets): { passphrase?: string } {
  return passphrase === undefined ? {} : { passphrase }
}

/** Bytes; a passphrase is a line. */
const most = 4096

/**
 * The secret that answers point to: the first line of a file or of a file descriptor; with `lines`
 * each line that is not empty, one of several.
 *
 * @throws Problem with exit 65 when it cannot be read or is empty
 */
export async function readSecret(
  source: SecretSource,
  folder: string,
  { lines = false }: { lines?: boolean | undefined } = {},
): Promise<string> {
  const name = 'file' in source ? source.file : `file descriptor ${source.fd}`
  try {
    const text =
      'file' in source
        ? await readFile(resolve(folder, source.file), 'utf8')
        : await readAll(source.fd)
    const all = text.slice(0, lines ? 16 * most : most).split(/\r?\n/)
    const secret = lines ? all.filter(Boolean).join('\n') : (all[0] ?? '')
    if (secret !== '') return secret
  } catch (error) {
    throw unreadable(name, (error as NodeJS.ErrnoException).code ?? 'unknown reason')
  }
  throw unreadable(name, 'it is empty')
}

async function readAll(fd: number): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream('', { fd, autoClose: false })) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** A secret that is needed, and that neither a person has typed nor the answers point to. */
export function missingSecret(question: string, what: string) {
  return problem(exitCodes.data, {
    id: 'answers.secret-missing',
    title: `${what} is needed, and the answers do not say where it is.`,
    subject: question,
    evidence: `${question} is not there`,
    fix: `Put ${question}: {file: PATH} into the answers, or {fd: 3} and call it with 3<PATH; at a terminal the wizard asks for it.`,
  })
}

function unreadable(name: string, evidence: string) {
  return problem(exitCodes.data, {
    id: 'answers.secret-unreadable',
    title: `The secret in ${name} cannot be read.`,
    subject: name,
    evidence,
    why: 'The key stays locked without it.',
    fix: 'Name a file that holds it in its first line, or open the file descriptor: 3<pass',
  })
}
