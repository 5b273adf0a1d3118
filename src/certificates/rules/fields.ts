import { everyRole, type Rule, says, strictPython } from './rule.ts'

const utcTime = 0x17
const generalizedTime = 0x18

/** How the fields of a certificate must be written (RFC 5280, 4.1). */
export const fieldRules: readonly Rule[] = [
  {
    id: 'cert.version',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.1.2.1',
    refusedBy: strictPython,
    check: ({ certificate: { version, extensions } }) =>
      says(version < 3 && extensions.size > 0, `version ${version} with extensions`),
  },
  {
    id: 'cert.version',
    roles: everyRole,
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.1',
    check: ({ certificate: { version, extensions } }) =>
      says(version < 3 && extensions.size === 0, `version ${version}, not 3`),
  },
  {
    id: 'cert.version',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.1.2.8',
    check: ({ anatomy }) => says(anatomy.hasUniqueIds, 'it has a unique identifier'),
  },
  {
    id: 'cert.serial-number',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.1.2.2',
    check: ({ anatomy: { serial } }) =>
      says(((serial[0] ?? 0) & 0x80) !== 0, 'its serial number is negative') ??
      says(
        serial.every(byte => byte === 0),
        'its serial number is nought',
      ) ??
      says(serial.length > 20, `its serial number has ${serial.length} bytes, 20 are allowed`),
  },
  {
    id: 'cert.dates-form',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.1.2.5',
    check: ({ anatomy: { times } }) => times.map(timeFault).find(Boolean),
  },
  {
    id: 'cert.dates-form',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.1.2.5',
    check: ({ certificate: { notBefore, notAfter } }) =>
      says(notBefore > notAfter, 'it ends before it begins'),
  },
  {
    id: 'cert.algorithm-form',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.1.1.2',
    refusedBy: ['openssl', 'go', 'rustls', 'chrome'],
    check: ({ anatomy: { algorithms } }) =>
      says(
        !algorithms[0].equals(algorithms[1]),
        'it names two signature algorithms, one inside and another outside',
      ),
  },
]

/** Two digits of a year up to 2049, four from then on; whole seconds in UTC. */
function timeFault({ tag, text }: { tag: number; text: string }): string | undefined {
  if (tag === utcTime) return says(!/^\d{12}Z$/.test(text), 'a date in it has no seconds or zone')
  if (tag !== generalizedTime || !/^\d{14}Z$/.test(text))
    return 'a date in it is not written as such'
  return says(Number(text.slice(0, 4)) < 2050, 'a date before 2050 is written with four digits')
}
