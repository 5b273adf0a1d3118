const safe = /^[A-Za-z0-9_@%+=:,./-]+$/

/** One word for a POSIX shell: bare when harmless, else in single quotes. */
export function quoteWord(word: string): string {
  return safe.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** A command as a user can paste it. */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ')
}
