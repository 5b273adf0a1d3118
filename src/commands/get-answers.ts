import { dirname, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { Answered, SecretSource } from '../answers/answers.ts'
import { loadAnswers } from '../answers/load.ts'
import { questionsFor } from '../answers/questions.ts'
import { decodeAnswers, readAnswersText } from '../answers/read-yaml.ts'
import { readSecret, type Secrets } from '../answers/secret.ts'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { aboutTarget, targets } from '../targets/index.ts'
import type { Io } from './io.ts'

/**
 * Answers from a file, or from stdin (`-`), without a question asked.
 *
 * @throws Problem with exit 65 and every mistake at once
 */
export async function answersFromFile(path: string, io: Io): Promise<Answered> {
  const { cwd } = io.world
  const read = path === '-' ? await readStdin(io.stdin) : await readAnswersText(resolve(cwd, path))
  const name = path === '-' ? 'stdin' : path
  if ('wrong' in read) {
    throw problem(exitCodes.data, {
      id: 'answers.unreadable',
      title: `${name} holds no answers. ${read.wrong}`,
      subject: name,
      evidence: '',
      fix: 'Name an answers file; secure-endpoint schema says what stands in it.',
    })
  }
  const folder = path === '-' ? cwd : dirname(resolve(cwd, path))
  return loadAnswers(read.text, questionsFor(targets), { name, folder })
}

/** The secrets that answers point to. */
export async function secretsOf({ answers, folder }: Answered): Promise<Secrets> {
  const { certificate, target } = answers
  const secrets: Secrets = {}
  if (certificate.source !== 'managed' && certificate.passphrase)
    secrets.passphrase = await readSecret(certificate.passphrase, folder)
  const { questions } = aboutTarget(target.kind)
  for (const { id, kind, lines } of questions) {
    const source = target[id.replace('target.', '')]
    if (kind === 'secret' && source !== undefined)
      secrets[id] = await readSecret(source as unknown as SecretSource, folder, { lines })
  }
  return secrets
}

async function readStdin(stdin: Readable): Promise<{ text: string } | { wrong: string }> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk))
    size += chunk.length
    if (size > 2 * 1024 * 1024) break
  }
  return decodeAnswers(Buffer.concat(chunks))
}
