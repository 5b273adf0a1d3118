import manifest from '../../package.json' with { type: 'json' }
import { usage } from '../errors.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { span } from '../front/words/line.ts'
import { type Io, printOut } from './io.ts'
import type { GoOptions } from './planning.ts'

export interface InitOptions extends GoOptions {
  answers?: string
  target?: string
  resume?: string
  undo?: boolean
}

/**
 * From nothing to a proven endpoint: by the wizard, or with `--answers` and not one question of it. On a
 * terminal the plan is still agreed to there, unless `--yes` does.
 */
export async function init(options: InitOptions, io: Io): Promise<ExitCode> {
  if (options.undo && options.resume === undefined) {
    throw usage(
      '--undo goes with --resume NAME.',
      'A finished rotation is taken back with: secure-endpoint rotate NAME --undo',
    )
  }
  if (options.stageFault && !options.rehearse)
    throw usage('--stage-fault goes with --rehearse.', 'Add --rehearse.')
  if (options.resume !== undefined) {
    const { resume } = await import('./resume.ts')
    return resume(options.resume, options, io)
  }
  if (options.answers !== undefined) {
    const [{ answersFromFile }, { goWith }] = await Promise.all([
      import('./get-answers.ts'),
      import('./go.ts'),
    ])
    return goWith('enable', await answersFromFile(options.answers, io), options, io)
  }
  if (io.meet === 'none') {
    throw usage(
      'There is no terminal to ask on, and --answers is missing.',
      'Put the answers into a file: secure-endpoint init --answers FILE --yes; secure-endpoint schema says what stands in it.',
      'Without a terminal nothing can be asked.',
    )
  }
  sayWhoSpeaks(io)
  const [{ createFront }, { secure }] = await Promise.all([
    import('./create-front.ts'),
    import('./wizard.ts'),
  ])
  return secure(await createFront(io), io, options)
}

/** The same without a word on the command line: what waits comes first. */
export async function home(io: Io): Promise<ExitCode> {
  if (io.meet === 'none') return init({}, io)
  sayWhoSpeaks(io)
  const [{ createFront }, { start }] = await Promise.all([
    import('./create-front.ts'),
    import('./start.ts'),
  ])
  return (await start(await createFront(io), io)) ?? exitCodes.done
}

/** The first line stands before Ink is loaded: nobody waits in front of an empty screen. */
function sayWhoSpeaks(io: Io): void {
  if (io.meet !== 'ink') return
  const dot = io.glyphs.dot
  printOut(io, [
    [
      span(`  secure-endpoint ${manifest.version}`, 'bold'),
      span(` ${dot} from HTTP to proven HTTPS`),
    ],
  ])
}
