/** Something that a passphrase would open, but did not. Its message never holds anything secret. */
export class LockError extends Error {
  readonly reason: LockReason
  constructor(reason: LockReason, message: string = reason) {
    super(message)
    this.reason = reason
  }
}

/** `unknown-cipher`: its message names the object identifier. */
export type LockReason = 'wrong' | 'unknown-cipher' | 'too-slow'

/** What one file may cost. */
export interface Work {
  /**
   * Takes some of the work away.
   *
   * @param rounds in rounds of PBKDF2 with SHA-256: five million take about a second
   * @throws LockError `too-slow` where not so much is left
   */
  spend(rounds: number): void
}

/**
 * OpenSSL takes 2,048 rounds, keytool 10,000, and OWASP advises 600,000 for PBKDF2 with SHA-256 and
 * 1,300,000 with SHA-1. A file of Firefox has three times 600,000.
 */
export const mostRounds = 5_000_000

/**
 * Work for one file: a hostile one must not hold a run up.
 *
 * @param whole what all files together may cost
 */
export function createWork(limit = mostRounds, whole?: Work): Work {
  let left = limit
  return {
    spend(rounds) {
      left -= rounds
      if (!(left >= 0)) throw new LockError('too-slow')
      whole?.spend(rounds)
    },
  }
}

/** Memory that scrypt may take: OpenSSL's own files take 16 MiB. */
export const mostScryptBytes = 64 * 1024 * 1024
