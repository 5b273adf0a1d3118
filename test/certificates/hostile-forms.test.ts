import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as der from '../../src/certificates/der.ts'
import { writePkcs7 } from '../../src/certificates/pkcs7.ts'
import { writePkcs12 } from '../../src/certificates/pkcs12-write.ts'
import { expandSecret } from '../../src/certificates/secret-file.ts'
import type { Upload } from '../../src/certificates/upload.ts'
import { family, upload } from '../support/certificates.ts'

const { issuing, leaf } = family()
const certificates = [leaf.certificate, issuing.certificate]
const salt = (bytes: number) => Buffer.alloc(bytes, 7)
const pkcs12 = writePkcs12({ certificates, key: leaf.key, passphrase: '', name: 'x' }, salt)
const pkcs7 = writePkcs7(certificates.map(each => each.der))
const scheme = der.sequence(
  der.oid('1.2.840.113549.1.5.13'),
  der.sequence(
    der.sequence(
      der.oid('1.2.840.113549.1.5.12'),
      der.sequence(der.octetString(salt(8)), der.integer(1)),
    ),
    der.sequence(der.oid('2.16.840.1.101.3.4.1.42'), der.octetString(salt(16))),
  ),
)
const locked = der.sequence(scheme, der.octetString(salt(64)))

/** Every file gives something, or says why it does not. */
function says({ certificates: found, keys, unread }: Upload): boolean {
  return found.length + keys.length + unread.length > 0
}

/** Changes that keep most of a file as it is: flips, cuts, and parts that are put in twice. */
const changes = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'cut', 'splice'),
    at: fc.nat(),
    to: fc.nat(),
    byte: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
)

function changed(bytes: Buffer, all: { kind: string; at: number; to: number; byte: number }[]) {
  let now = Buffer.from(bytes)
  for (const { kind, at, to, byte } of all) {
    const from = at % Math.max(1, now.length)
    const until = from + (to % 64)
    if (kind === 'flip') now[from] = byte
    else if (kind === 'cut') now = Buffer.concat([now.subarray(0, from), now.subarray(until)])
    else now = Buffer.concat([now.subarray(0, until), now.subarray(from)])
  }
  return now
}

describe('files that were changed or made up', () => {
  const forms = { 'PKCS#7': pkcs7, 'a locked key': locked, 'a certificate': leaf.certificate.der }
  for (const [name, bytes] of Object.entries(forms)) {
    test(`${name}: is read, or said to be damaged`, () => {
      fc.assert(
        fc.property(changes, all => says(upload({ f: changed(bytes, all) }, 'x'))),
        { numRuns: 300 },
      )
    })
  }

  test('PKCS#12, also with the MAC cut off', () => {
    fc.assert(
      fc.property(changes, all => says(upload({ f: changed(pkcs12, all) }))),
      { numRuns: 40 },
    )
  })

  test('deep nesting and open lengths do not exhaust the stack', () => {
    const deep = (open: Buffer, depth: number) =>
      Buffer.concat([...Array<Buffer>(depth).fill(open), Buffer.alloc(2 * depth)])
    const openSequence = Buffer.from([0x30, 0x80])
    const openString = Buffer.from([0x24, 0x80])
    for (const nested of [deep(openSequence, 100_000), deep(openString, 100_000)]) {
      const wrapped = Buffer.concat([
        Buffer.from('3080020103308006092a864886f70d010701a080', 'hex'),
        nested,
      ])
      for (const bytes of [nested, wrapped]) expect(says(upload({ f: bytes }))).toBe(true)
    }
  })

  test('text that is no Secret, whatever stands in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue(), async (text, data) => {
        const files = [
          `kind: Secret\n${text}`,
          `kind: Secret\ndata: ${text}`,
          JSON.stringify({ kind: 'Secret', data, stringData: data }),
          JSON.stringify({ kind: 'List', items: data }),
        ]
        for (const each of files) {
          const expanded = await expandSecret({ path: 's', bytes: Buffer.from(each) })
          expect(expanded === undefined || expanded.length > 0).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })
})
