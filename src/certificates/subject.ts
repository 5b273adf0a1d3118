import { usage } from '../errors.ts'
import { oneLine } from '../process/plain-text.ts'
import * as der from './der.ts'
import { nameParts, oids } from './oids.ts'

/** One part of a subject, by the short name that OpenSSL prints: `O`, `Example GmbH`. */
export type SubjectPart = readonly [type: string, value: string]

const types: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(nameParts).map(([id, name]) => [name.toUpperCase(), id]),
)

/**
 * Upper bounds in characters (RFC 5280, A.1): a CA's software refuses what is longer. Country is two
 * letters.
 */
const most: Readonly<Record<string, number>> = { CN: 64, O: 64, OU: 64, L: 128, ST: 128, C: 2 }

/**
 * Reads `C=DE, O=Example GmbH, OU=ML` or `/C=DE/O=Example GmbH`; `\,` is a comma in a value.
 *
 * @throws Problem with exit 2
 */
export function parseSubject(text: string): SubjectPart[] {
  const slashed = text.startsWith('/')
  const pieces = (slashed ? text.slice(1) : text).split(slashed ? /(?<!\\)\// : /(?<!\\),/)
  return pieces.map(piece => {
    const [, type = '', written = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(piece) ?? []
    const value = written.replace(/\\([,/\\])/g, '$1')
    return [type.toUpperCase() === 'EMAILADDRESS' ? 'emailAddress' : type, check(type, value)]
  })
}

function check(type: string, value: string): string {
  const upper = type.toUpperCase()
  const shown = oneLine(type).slice(0, 40)
  if (!types[upper]) {
    throw usage(
      `--subject: "${shown}" is no part of a subject.`,
      'Write for example "C=DE, O=Example GmbH, OU=ML".',
    )
  }
  if (value === '' || oneLine(value) !== value) {
    throw usage(
      `--subject: ${shown} has no value, or one with control characters.`,
      `Write ${shown}=TEXT.`,
    )
  }
  if (upper === 'C' && !/^[A-Za-z]{2}$/.test(value)) {
    throw usage('--subject: C is a country of two letters.', 'Write for example C=DE.')
  }
  const limit = most[upper] ?? 128
  if ([...value].length > limit) {
    throw usage(`--subject: ${shown} has more than ${limit} characters.`, 'Write a shorter one.')
  }
  return upper === 'C' ? value.toUpperCase() : value
}

/** Writes a subject: the parts in their order, and the common name at the end where none is given. */
export function writeSubject(parts: readonly SubjectPart[], title: SubjectPart | undefined) {
  const named = parts.some(([type]) => type.toUpperCase() === 'CN')
  const all = named || !title ? parts : [...parts, title]
  return der.sequence(
    ...all.map(([type, value]) => {
      const id = types[type.toUpperCase()] ?? oids.commonName
      return der.set(der.sequence(der.oid(id), text(type, value)))
    }),
  )
}

/** As RFC 5280 and RFC 2985 want them: country printable, mail and DC in ASCII, all else UTF-8. */
function text(type: string, value: string): der.Der {
  const upper = type.toUpperCase()
  if (upper === 'C' || upper === 'SERIALNUMBER') return der.printable(value)
  return upper === 'EMAILADDRESS' || upper === 'DC' ? der.ia5(value) : der.utf8(value)
}
