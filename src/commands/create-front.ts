import type { Front } from '../front/front.ts'
import type { Io } from './io.ts'

/** The front that fits the terminal: Ink, or line by line. Loads only the one that is used. */
export async function createFront(io: Io): Promise<Front> {
  const { createPlainFront } = await import('../front/plain/index.ts')
  return createPlainFront(io)
}
