import { existsSync } from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import type { CertificateAnswers } from '../answers/answers.ts'
import { type Problem, problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { readRequest, requestPaths } from './request-folder.ts'

type Uploaded = Extract<CertificateAnswers, { source: 'uploaded' }>

/** How the folder of a request is called that the interview makes. */
const ending = '.request'

/** Paths, relative to the answers, of a pair that a CA must be asked for first. */
export function pairToAskFor(domain: string): { chain: string; key: string } {
  const folder = `./${domain.replace(/[^a-z0-9.-]+/gi, '-')}${ending}`
  return { chain: `${folder}/chain.pem`, key: `${folder}/key.pem` }
}

/** The folder in which a request is to be made for this upload; undefined where that is not asked. */
export function folderToAskIn({ chain }: Uploaded, folder: string): string | undefined {
  const place = dirname(absolute(chain, folder))
  return basename(place).endsWith(ending) && !existsSync(place) ? place : undefined
}

/**
 * The problem of an upload whose certificate a CA has not sent yet: its key and request wait in the
 * folder of the chain. Undefined for any other upload.
 */
export async function stillWaits(upload: Uploaded, folder: string): Promise<Problem | undefined> {
  const chain = absolute(upload.chain, folder)
  if (existsSync(chain)) return undefined
  const request = await readRequest(dirname(chain))
  if (!request || request.answered) return undefined
  return problem(exitCodes.later, {
    id: 'cert.answer-waits',
    title: 'The CA has not answered the request yet.',
    subject: request.names.slice(0, 5).join(', '),
    evidence: `asked ${request.made.slice(0, 10)} with ${requestPaths(dirname(chain)).request}`,
    fix: 'When its answer is here: secure-endpoint cert issue --answer FILE…\nThen type this command again.',
  })
}

/** The private root that came with a CA's answer, as a path beside the chain; undefined elsewhere. */
export async function answeredRoots(chain: string, folder: string): Promise<string | undefined> {
  const place = dirname(absolute(chain, folder))
  const { meta, roots } = requestPaths(place)
  if (!existsSync(meta) || !existsSync(roots)) return undefined
  return (await readRequest(place))?.answered ? join(dirname(chain), basename(roots)) : undefined
}

function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path)
}
