import fc from 'fast-check'
import { type DerNode, parseDer } from '../../src/certificates/der-parse.ts'
import { family, make, newKey } from '../support/certificates.ts'
import { makeCrl } from '../support/odd-certificates.ts'

/** Files as somebody could hand them in, spoiled in any number of ways. */
export interface FuzzCase {
  files: { path: string; bytes: Buffer }[]
  passphrase?: string
}

const { root, issuing, leaf } = family()
const rsa = newKey('rsa2048')
const lock = { format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
const keys = [
  leaf.keyPem,
  leaf.key.export({ type: 'sec1', format: 'pem' }).toString(),
  rsa.export({ type: 'pkcs1', format: 'pem' }).toString(),
  make({ key: 'ed25519' }).keyPem,
  leaf.key.export({ type: 'pkcs8', ...lock }).toString(),
]
const crl = makeCrl({ issuer: issuing, serials: ['4242'] })
const certificates = [
  leaf,
  issuing,
  root,
  make({ ca: true, constrainedTo: ['a.example', '10.0.0.1'] }),
]
const blocks = [...certificates.map(({ pem }) => pem), ...keys, crl.pem]
const ders = [
  ...certificates.map(({ certificate }) => certificate.der),
  leaf.key.export({ type: 'pkcs8', format: 'der' }),
  crl.der,
]

const byte = fc.integer({ min: 0, max: 255 })
const share = fc.double({ min: 0, max: 1, noNaN: true })
const at = (bytes: Buffer, part: number) =>
  Math.min(bytes.length - 1, Math.floor(part * bytes.length))

type Spoil = (bytes: Buffer) => Buffer

const truncate = share.map(
  (part): Spoil =>
    bytes =>
      bytes.subarray(0, Math.floor(part * bytes.length)),
)
const flip = fc.array(fc.tuple(share, byte), { minLength: 1, maxLength: 6 }).map(
  (changes): Spoil =>
    bytes => {
      const changed = Buffer.from(bytes)
      for (const [part, to] of changes) if (changed.length > 0) changed[at(changed, part)] = to
      return changed
    },
)
const splice = fc.tuple(share, share, fc.constantFrom(...blocks, ...ders)).map(
  ([to, from, other]): Spoil =>
    bytes => {
      const more = Buffer.from(other)
      const cut = at(bytes, to)
      return Buffer.concat([
        bytes.subarray(0, cut),
        more.subarray(at(more, from)),
        bytes.subarray(cut),
      ])
    },
)
const around = fc.tuple(fc.string({ unit: 'binary', maxLength: 40 }), fc.boolean()).map(
  ([text, before]): Spoil =>
    bytes => {
      const more = Buffer.from(`${text}\n`)
      return Buffer.concat(before ? [more, bytes] : [bytes, more])
    },
)
const spoiledText = fc.array(fc.oneof(truncate, flip, splice), { maxLength: 2 })

/** Blocks in any order, whole, with text around them. */
const shuffled = fc
  .tuple(fc.array(fc.constantFrom(...blocks), { minLength: 1, maxLength: 8 }), around)
  .map(([all, more]) => more(Buffer.from(all.join(''))))
/** The same with bytes spoiled. */
const spoiled = fc
  .tuple(shuffled, spoiledText)
  .map(([bytes, all]) => all.reduce((b, f) => f(b), bytes))

/** DER whose values were changed, taken out, doubled or put into each other, as PEM or bare. */
const nested = fc
  .tuple(
    fc.constantFrom(...ders),
    fc.array(fc.tuple(share, fc.integer({ min: 0, max: 5 }), byte), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('CERTIFICATE', 'PRIVATE KEY', 'X509 CRL', 'PKCS7', ''),
  )
  .map(([der, changes, label]) => {
    const bytes = changes.reduce((b, [part, how, value]) => changeNode(b, part, how, value), der)
    const body = bytes.toString('base64')
    return label
      ? Buffer.from(`-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`)
      : bytes
  })
const deep = fc.integer({ min: 1, max: 20_000 }).map(levels => {
  const der = Buffer.alloc(levels * 2, Buffer.from([0x30, 0x80]))
  return Buffer.from(
    `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
  )
})
const noise = fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes))

const file = fc.oneof(
  { weight: 5, arbitrary: shuffled },
  { weight: 4, arbitrary: spoiled },
  { weight: 5, arbitrary: nested },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: noise },
)

export const fuzzCase: fc.Arbitrary<FuzzCase> = fc
  .tuple(
    fc.array(file, { minLength: 1, maxLength: 3 }),
    fc.option(fc.constantFrom('x', 'wrong', '')),
  )
  .map(([contents, passphrase]) => ({
    files: contents.map((bytes, index) => ({ path: `${index}.pem`, bytes })),
    ...(passphrase === null ? {} : { passphrase }),
  }))

function changeNode(bytes: Buffer, part: number, how: number, value: number): Buffer {
  const top = parseDer(bytes, 40)
  if (!top) return bytes
  const all = everyNode(top)
  const node = all[Math.floor(part * (all.length - 1))] ?? top
  const start = node.raw.byteOffset - bytes.byteOffset
  const whole = Buffer.from(node.raw)
  const changed = [
    () => Buffer.concat([Buffer.from([value]), whole.subarray(1)]),
    () => Buffer.concat([whole.subarray(0, 1), Buffer.from([value]), whole.subarray(2)]),
    () => Buffer.concat([whole.subarray(0, -1), Buffer.from([value])]),
    () => Buffer.alloc(0),
    () => Buffer.concat([whole, whole]),
    () => Buffer.concat([Buffer.from([0x30, Math.min(127, whole.length)]), whole]),
  ][how]?.()
  return Buffer.concat([
    bytes.subarray(0, start),
    changed ?? whole,
    bytes.subarray(start + node.raw.length),
  ])
}

function everyNode(node: DerNode): DerNode[] {
  return [node, ...(Array.isArray(node.value) ? node.value.flatMap(everyNode) : [])]
}
