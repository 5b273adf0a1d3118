import { Command, CommanderError, Option } from 'commander'
import { createIo, type IoFlags } from './commands/create-io.ts'
import type { Io } from './commands/io.ts'
import { report } from './commands/report.ts'
import { type ExitCode, exitCodes, exitMeanings } from './exit-codes.ts'

type Run = (io: Io) => Promise<ExitCode>

/**
 * Reads the command line and runs its command.
 *
 * @returns the exit code
 */
export async function runProgram(argv: readonly string[], version: string): Promise<ExitCode> {
  let chosen: { run: Run; flags: IoFlags } | undefined
  const program = define(version, (flags, run) => {
    chosen = { run, flags }
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  }
  if (!chosen) return exitCodes.done
  const io = createIo(chosen.flags)
  try {
    return await chosen.run(io)
  } catch (error) {
    return report(error, io, { json: chosen.flags.json === true })
  }
}

type Choose = (flags: IoFlags, run: Run) => void

function define(version: string, choose: Choose): Command {
  const program = new Command('secure-endpoint')
    .description('Takes an endpoint from plain HTTP to proven HTTPS, and keeps it there.')
    .version(version, '-V, --version', 'print the version')
    .exitOverride()
    .showHelpAfterError('(secure-endpoint --help lists what there is)')
    .addHelpText('after', exitHelp())
    .action(() => choose({}, async io => (await import('./commands/init.ts')).init({}, io)))
  program.configureHelp({ sortSubcommands: false })

  withFlags(program.command('init'))
    .description('ask, plan, apply and prove: the wizard, or --answers without a question')
    .option('--answers <file>', 'take the answers from a file, - for stdin, and ask nothing')
    .option('--target <kind>', 'the target, where the wizard asks')
    .option('--plan', 'stop after the plan')
    .option('--rehearse', 'play the whole run on this machine; nothing else is touched')
    .addOption(
      new Option('--stage-fault <part>', 'break one thing in the rehearsal').choices([
        'leaf',
        'chain',
        'name',
        'address',
        'plain-http',
        'tls11',
      ]),
    )
    .option('--yes', 'agree to the plan')
    .option('--expect-plan <digest>', 'run only the plan with this digest')
    .option('--resume <name>', 'take up the unfinished run of an endpoint')
    .option('--undo', 'with --resume: take back what was begun')
    .option('--abandon', 'leave an unfinished run as it is, and begin anew')
    .action(options =>
      choose(options, async io => (await import('./commands/init.ts')).init(options, io)),
    )
  return program
}

function withFlags(command: Command): Command {
  return command
    .option('--json', 'print machine-readable output on stdout')
    .option('--plain', 'ask and tell line by line, nothing redrawn')
    .option('--ascii', 'draw with ASCII alone')
    .option('--no-color', 'no colours')
}

function exitHelp(): string {
  const rows = exitMeanings.map(([code, means]) => `  ${String(code).padStart(3)}  ${means}`)
  return `\nExit codes:\n${rows.join('\n')}`
}
