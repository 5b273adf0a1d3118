import { Command, CommanderError, Option } from 'commander'
import { didYouMean } from './answers/checks.ts'
import { defineCert } from './commands/cert/define.ts'
import { createIo, type IoFlags } from './commands/create-io.ts'
import type { Io } from './commands/io.ts'
import { report } from './commands/report.ts'
import { type ExitCode, exitCodes, exitMeanings } from './exit-codes.ts'
import { oneLine, plainText } from './process/plain-text.ts'
import { stageFaults } from './rehearsal/faults.ts'

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

export type Choose = (flags: IoFlags, run: Run) => void

function define(version: string, choose: Choose): Command {
  const program = withFlags(new Command('secure-endpoint'))
    .description('Takes an endpoint from plain HTTP to proven HTTPS, and keeps it there.')
    .version(version, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({ writeErr: text => process.stderr.write(plainText(text)) })
    .configureHelp({ showGlobalOptions: true })
    .hook('preAction', handDown)
    .showHelpAfterError('(secure-endpoint --help lists what there is)')
    .addHelpText('after', exitHelp())
    .allowExcessArguments()
    .action(() => {
      const [word] = program.args
      if (word !== undefined) program.error(unknownCommand(word, program))
      choose(program.opts(), async io => (await import('./commands/init.ts')).home(io))
    })

  program
    .command('init')
    .description('ask, plan, apply and prove: the wizard, or --answers without a question')
    .option(
      '--answers <file>',
      'take the answers from a file, - for stdin, and ask nothing; with --resume only its secrets',
    )
    .option('--target <kind>', 'the target, so that it is not asked')
    .option('--plan', 'stop after the plan')
    .option('--rehearse', 'play the whole run on this machine; nothing else is touched')
    .addOption(
      new Option('--stage-fault <part>', 'break one thing in the rehearsal').choices(
        Object.keys(stageFaults),
      ),
    )
    .option('--yes', 'agree to the plan')
    .option('--expect-plan <digest>', 'run only the plan with this digest')
    .option('--resume <name>', 'take up the unfinished run of an endpoint')
    .option('--undo', 'with --resume: take back what was begun')
    .option('--abandon', 'leave an unfinished run as it is, and begin anew')
    .action(options =>
      choose(options, async io => (await import('./commands/init.ts')).init(options, io)),
    )

  program
    .command('plan')
    .description('what a run would do; nothing is changed')
    .argument('[name]', 'a recorded endpoint')
    .option('--answers <file>', 'an answers file, - for stdin')
    .addOption(
      new Option('--verb <verb>', 'what is planned')
        .choices(['enable', 'rotate', 'disable'])
        .default('enable'),
    )
    .addOption(
      new Option('--format <format>', 'sh is a script that runs without Node').choices([
        'text',
        'json',
        'sh',
      ]),
    )
    .option('--rehearse', 'ask the rehearsal stage instead of the target; no tool is called')
    .action((name, options) =>
      choose(options, async io => (await import('./commands/plan.ts')).plan(name, options, io)),
    )

  program
    .command('verify')
    .description('prove an endpoint: by its name, or any https://host:port')
    .argument('[what]', 'a recorded endpoint or an address')
    .option('--answers <file>', 'the endpoint of an answers file')
    .option('--roots <file>', 'PEM file of the roots that clients trust')
    .option('--fingerprint <sha256>', 'the leaf that must be served')
    .option('--path <path>', 'the path that is asked for')
    .option('--wait <duration>', 'how long it may take to answer', '10s')
    .action((what, options) =>
      choose(options, async io => (await import('./commands/verify.ts')).verify(what, options, io)),
    )

  program
    .command('status')
    .description('the state of recorded endpoints, live or once')
    .argument('[names...]', 'recorded endpoints; all by default')
    .option('--once', 'look once and end')
    .option('--fail-on <alerts>', 'alerts that end --once with 1, "any" or "none"')
    .action((names, options) =>
      choose(options, async io =>
        (await import('./commands/status.ts')).status(names, options, io),
      ),
    )

  program
    .command('rotate')
    .description('a new certificate for an endpoint; the old one comes back when the proof fails')
    .argument('<name>', 'a recorded endpoint')
    .option('--answers <file>', 'new files: only "certificate" is read')
    .option('--switch <how>', 'how it changes over, where the target has several ways')
    .option('--undo', 'bring the certificate before the current one back')
    .option('--plan', 'stop after the plan')
    .option('--yes', 'agree to the plan')
    .option('--expect-plan <digest>', 'run only the plan with this digest')
    .option('--abandon', 'leave an unfinished run as it is, and begin anew')
    .action((name, options) =>
      choose(options, async io => (await import('./commands/rotate.ts')).rotate(name, options, io)),
    )

  program
    .command('disable')
    .description('back to HTTP, with proof that HTTP answers and TLS does not')
    .argument('<name>', 'a recorded endpoint')
    .option('--offline', "where no node of it answers any more: through the nodes' own files")
    .option('--plan', 'stop after the plan')
    .option('--yes', 'agree to the plan')
    .option('--expect-plan <digest>', 'run only the plan with this digest')
    .option('--abandon', 'leave an unfinished run as it is, and begin anew')
    .action((name, options) =>
      choose(options, async io =>
        (await import('./commands/disable.ts')).disable(name, options, io),
      ),
    )

  program
    .command('doctor')
    .description('preflight alone: tools, versions, logins, permissions')
    .argument('[name]', 'a recorded endpoint; all targets by default')
    .option('--target <kind>', 'one target')
    .option('--answers <file>', 'an endpoint that is not secured yet')
    .option('--role', 'print the Role that a run needs in Kubernetes, as YAML')
    .option('-v, --verbose', 'list what passed, too')
    .action((name, options) =>
      choose(options, async io => (await import('./commands/doctor.ts')).doctor(name, options, io)),
    )

  defineCert(program, choose)

  program
    .command('list')
    .description('what is recorded on this machine')
    .action(options =>
      choose(options, async io => (await import('./commands/list.ts')).list(options, io)),
    )

  program
    .command('show')
    .description('everything recorded of one endpoint, and what its clients must change')
    .argument('<name>', 'a recorded endpoint')
    .action((name, options) =>
      choose(options, async io => (await import('./commands/show.ts')).show(name, options, io)),
    )

  program
    .command('forget')
    .description('remove the record of an endpoint with its keys; the endpoint stays as it is')
    .argument('<name>', 'a recorded endpoint')
    .option('--yes', 'agree')
    .action((name, options) =>
      choose(options, async io => (await import('./commands/forget.ts')).forget(name, options, io)),
    )

  program
    .command('schema')
    .description('the JSON Schema of an answers file')
    .action(options =>
      choose(options, async io => (await import('./commands/schema.ts')).schema(io)),
    )

  program
    .command('completion')
    .description('a completion script')
    .argument('<shell>', 'bash, zsh or fish')
    .action((shell, options) =>
      choose(options, async io =>
        (await import('./commands/completion.ts')).completion(shell, program, io),
      ),
    )
  return program
}

function unknownCommand(word: string, program: Command): string {
  const meant = didYouMean(
    word,
    program.commands.map(each => each.name()),
  )
  const shown = oneLine(word).slice(0, 40)
  return `error: ${shown} is no command.${meant ? ` Did you mean ${meant}?` : ''}`
}

function withFlags(command: Command): Command {
  return command
    .option('--json', 'print machine-readable output on stdout')
    .option('--plain', 'ask and tell line by line, nothing redrawn')
    .option('--ascii', 'draw with ASCII alone')
    .option('--no-color', 'no colours')
}

/** The common flags belong to the program: they may stand before or after the command's name. */
function handDown(program: Command, command: Command): void {
  if (command === program) return
  for (const [name, value] of Object.entries(program.opts())) command.setOptionValue(name, value)
}

function exitHelp(): string {
  const rows = exitMeanings.map(([code, means]) => `  ${String(code).padStart(3)}  ${means}`)
  return `\nExit codes:\n${rows.join('\n')}`
}
