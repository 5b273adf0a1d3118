import { readFile } from 'node:fs/promises'
import { problem } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { codeOf } from './record/write.ts'

/**
 * Reads a file that the answers name.
 *
 * @param why what needs it
 * @throws Problem (65) that says how to go on
 */
export async function readUserFile(path: string, why: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw problem(exitCodes.data, {
      id: 'answers.file-unreadable',
      title: `${path} cannot be read.`,
      subject: path,
      evidence: codeOf(error),
      why,
      fix: 'Put the file back, or name another one in the answers.',
    })
  }
}

/** A file that would be written over. */
export function fileTaken(path: string, more: { why?: string; fix: string }) {
  return problem(exitCodes.cannotWrite, {
    id: 'cert.file-taken',
    title: `${path} is there already.`,
    subject: path,
    ...more,
  })
}
