import { join } from 'node:path'
import type { Front } from '../front/front.ts'
import type { Io } from './io.ts'

/** The front that fits the terminal: Ink, or line by line. Loads only the one that is used. */
export async function createFront(io: Io): Promise<Front> {
  const { stdin, stdout, glyphs, signal, world } = io
  if (io.meet !== 'ink') {
    const { createPlainFront } = await import('../front/plain/index.ts')
    return createPlainFront(io)
  }
  const { createInkFront } = await import('../front/ink/index.ts')
  return createInkFront({
    stdin,
    stdout,
    env: world.env,
    glyphs,
    colour: io.colour.out,
    signal,
    now: world.clock.now,
    onStop: io.stop,
    pasteFolder: join(world.stateFolder, 'pasted'),
  })
}
