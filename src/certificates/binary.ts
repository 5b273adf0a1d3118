/** What a file without a PEM block is, as far as its first bytes tell. */
export type BinaryKind =
  | 'certificate'
  | 'key'
  | 'locked-key'
  | 'pkcs12'
  | 'pkcs7'
  | 'request'
  | 'revocations'
  | 'public-key'
  | 'java-keystore'
  | 'zip'
  | 'binary'
  | 'text'

const integer = 0x02
const bits = 0x03
const octets = 0x04
const identifier = 0x06
const sequence = 0x30

/** Tells DER files apart by the tags at their beginning; nothing is decoded. */
export function binaryKind(bytes: Buffer): BinaryKind {
  const magic = bytes.subarray(0, 4).toString('hex')
  if (magic === 'feedfeed' || magic === 'cececece') return 'java-keystore'
  if (magic === '504b0304' || magic.startsWith('1f8b')) return 'zip'
  const outer = readTag(bytes, 0)
  if (outer?.tag === sequence && outer.end >= bytes.length - 2) return derKind(bytes, outer.start)
  return bytes.subarray(0, 4096).some(byte => byte < 9 || byte === 0x7f) ? 'binary' : 'text'
}

function derKind(bytes: Buffer, start: number): BinaryKind {
  const first = readTag(bytes, start)
  const second = first && readTag(bytes, first.end)
  const inner = first && readTag(bytes, first.start)
  if (first?.tag === identifier) return 'pkcs7' // ContentInfo
  if (first?.tag === integer && second?.tag === sequence) {
    // PKCS#12 is version 3, then a ContentInfo; PKCS#8 is version 0 or 1, then an algorithm
    return bytes[first.start] === 3 ? 'pkcs12' : 'key'
  }
  if (first?.tag === integer && (second?.tag === integer || second?.tag === octets)) return 'key'
  if (first?.tag !== sequence) return 'binary'
  if (inner?.tag === identifier && second?.tag === octets) return 'locked-key'
  if (inner?.tag === identifier && second?.tag === bits) return 'public-key'
  return second?.tag === sequence ? signedKind(bytes, first.start) : 'binary'
}

/** Certificate, request and revocation list are signed alike, and differ in what is signed. */
function signedKind(bytes: Buffer, start: number): BinaryKind {
  const first = readTag(bytes, start)
  const second = first && readTag(bytes, first.end)
  const third = second && readTag(bytes, second.end)
  const fourth = third && readTag(bytes, third.end)
  // a version, a name and a public key, which has the algorithm first and then the bits
  if (first?.tag === integer && second?.tag === sequence && third?.tag === sequence) {
    const algorithm = readTag(bytes, third.start)
    const key = algorithm && readTag(bytes, algorithm.end)
    if (algorithm?.tag === sequence && key?.tag === bits) return 'request'
  }
  // a version that may be missing, an algorithm, a name, and when it was made
  const made = first?.tag === integer ? fourth : third
  return made?.tag === 0x17 || made?.tag === 0x18 ? 'revocations' : 'certificate'
}

function readTag(bytes: Buffer, at: number) {
  const tag = bytes[at]
  const length = bytes[at + 1]
  if (tag === undefined || length === undefined) return undefined
  if (length < 0x80) return { tag, start: at + 2, end: at + 2 + length }
  const more = length & 0x7f
  // 0x80 is BER's open end, which PKCS#12 files of old Windows versions have
  if (more === 0) return { tag, start: at + 2, end: bytes.length }
  if (more > 4 || at + 2 + more > bytes.length) return undefined
  const start = at + 2 + more
  return { tag, start, end: start + bytes.readUIntBE(at + 2, more) }
}
