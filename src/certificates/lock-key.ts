import { createCipheriv, type KeyObject, pbkdf2Sync } from 'node:crypto'
import * as der from './der.ts'

/** What OWASP advises for PBKDF2 with SHA-256 (password storage cheat sheet, 2023). */
const rounds = 600_000

/**
 * A private key as one block of encrypted PKCS#8: PBES2 with PBKDF2 over SHA-256 and AES-256-CBC
 * (RFC 8018), which OpenSSL, Java and Go's tools open. `KeyObject.export` would take 2,048 rounds.
 *
 * @param random bytes for salt and initialisation vector
 */
export function lockedKeyPem(
  key: KeyObject,
  passphrase: string,
  random: (bytes: number) => Buffer,
): string {
  const salt = random(16)
  const iv = random(16)
  const secret = pbkdf2Sync(passphrase, salt, rounds, 32, 'sha256')
  const cipher = createCipheriv('aes-256-cbc', secret, iv)
  const plain = key.export({ type: 'pkcs8', format: 'der' })
  const locked = Buffer.concat([cipher.update(plain), cipher.final()])
  const derivation = der.sequence(
    der.oid('1.2.840.113549.1.5.12'),
    der.sequence(
      der.octetString(salt),
      der.integer(rounds),
      der.sequence(der.oid('1.2.840.113549.2.9'), der.nothing()),
    ),
  )
  const encryption = der.sequence(der.oid('2.16.840.1.101.3.4.1.42'), der.octetString(iv))
  const scheme = der.sequence(
    der.oid('1.2.840.113549.1.5.13'),
    der.sequence(derivation, encryption),
  )
  return pemBlock('ENCRYPTED PRIVATE KEY', der.sequence(scheme, der.octetString(locked)))
}

/** One PEM block, 64 columns, with a newline at its end. */
export function pemBlock(label: string, content: der.Der): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
