import type { Finding } from '../../findings.ts'
import type { Io } from '../io.ts'

/**
 * Asks for the passphrase that is missing or wrong, hidden, and on stderr: stdout stays data.
 *
 * @returns undefined where none is missing, nobody can be asked, or nothing was typed
 */
export async function passphraseFor(
  findings: readonly Finding[],
  given: boolean,
  io: Io,
): Promise<string | undefined> {
  const locked = findings.find(({ id }) => locks.includes(id))
  if (!locked || io.meet === 'none') return undefined
  const wrong = given && locked.id === 'cert.passphrase-wrong'
  const { createPlainFront } = await import('../../front/plain/index.ts')
  const front = createPlainFront({ ...io, stdout: io.stderr })
  return front.passphrase(locked.subject, wrong ? locked.title : undefined)
}

const locks = ['cert.key-encrypted', 'cert.passphrase-wrong']
