import manifest from '../package.json' with { type: 'json' }

/** Runs one command line. Loads only what that command needs. */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    process.stdout.write(`${manifest.version}\n`)
    return
  }
  outlive(process.stdout)
  outlive(process.stderr)
  const { runProgram } = await import('./program.ts')
  process.exitCode = await runProgram(argv, manifest.version)
}

/** A reader that went away (`| head`) must not stop a run in the middle of a change. */
function outlive(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
