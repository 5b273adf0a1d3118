import { Interrupted } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { chooseGlyphs } from '../front/words/glyphs.ts'
import { lazyRunTool } from '../process/lazy-run-tool.ts'
import { realWorld } from '../world.ts'
import type { Io } from './io.ts'

export interface IoFlags {
  json?: boolean
  plain?: boolean
  ascii?: boolean
  color?: boolean
}

/** The real surroundings of a command. */
export function createIo(flags: IoFlags): Io {
  const { env, stdin, stdout, stderr } = process
  const world = realWorld(lazyRunTool(env))
  const noColour = flags.color === false || Boolean(env.NO_COLOR) || env.TERM === 'dumb'
  const colour = (stream: NodeJS.WriteStream) =>
    !noColour && (stream.isTTY || Boolean(env.FORCE_COLOR))
  return {
    world,
    stdin,
    stdout,
    stderr,
    glyphs: chooseGlyphs(env, flags.ascii === true),
    colour: { out: colour(stdout), err: colour(stderr) },
    ...stops(),
    meet: howToMeet(flags, env, stdin.isTTY && stdout.isTTY),
  }
}

/**
 * Ink redraws, which a screen reader says again at each key and a dumb terminal cannot show: those are
 * asked line by line. Without a terminal nobody is asked.
 */
function howToMeet(
  { plain, json }: IoFlags,
  env: NodeJS.ProcessEnv,
  terminal: boolean,
): Io['meet'] {
  if (!terminal || json) return 'none'
  const lines =
    plain || env.TERM === 'dumb' || isSet(env.ACCESSIBLE) || isSet(env.INK_SCREEN_READER)
  return lines ? 'plain' : 'ink'
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value)
}

/** Ctrl-C stops; a second one leaves at once. */
function stops(): Pick<Io, 'signal' | 'stop'> {
  const controller = new AbortController()
  const { signal } = controller
  const onSignal = (exit: 130 | 143) => () => {
    if (signal.aborted) process.exit(exit)
    controller.abort(new Interrupted(exit))
  }
  process.on('SIGINT', onSignal(exitCodes.interrupted))
  process.on('SIGTERM', onSignal(exitCodes.terminated))
  process.on('SIGHUP', onSignal(exitCodes.terminated))
  return { signal, stop: onSignal(exitCodes.interrupted) }
}
