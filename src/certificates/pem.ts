/** What a PEM block is, by its label. */
export type PemKind =
  | 'certificate'
  | 'private-key'
  | 'locked-key'
  | 'ssh-key'
  | 'public-key'
  | 'request'
  | 'pkcs7'
  | 'pkcs12'
  | 'revocations'
  | 'parameters'
  | 'other'

export interface PemBlock {
  kind: PemKind
  label: string
  /** Where its first line stands in the file, from 1. */
  line: number
  /** Lines that it takes up in the file. */
  lines: number
  der: Buffer
  /** The block alone, written as OpenSSL reads it everywhere. */
  text: string
}

export interface PemCut {
  blocks: PemBlock[]
  /** Blocks that are cut off or hold characters that are no base64. */
  damaged: { line: number; label: string; reason: string }[]
  /** Lines around the blocks that hold anything. */
  textLines: number
  /** More blocks than a chain and its key can have; those after the limit are not read. */
  tooMany: boolean
  /** How the text is written, where that is not plain bytes. */
  encoding?: 'UTF-16' | 'byte order mark'
}

/** A chain has two to five certificates; ssl.com's largest bundles have ten. */
export const mostBlocks = 100

const kinds: Readonly<Record<string, PemKind>> = {
  CERTIFICATE: 'certificate',
  'X509 CERTIFICATE': 'certificate',
  'TRUSTED CERTIFICATE': 'certificate',
  'PRIVATE KEY': 'private-key',
  'RSA PRIVATE KEY': 'private-key',
  'EC PRIVATE KEY': 'private-key',
  'DSA PRIVATE KEY': 'private-key',
  'ENCRYPTED PRIVATE KEY': 'locked-key',
  'OPENSSH PRIVATE KEY': 'ssh-key',
  'PUBLIC KEY': 'public-key',
  'RSA PUBLIC KEY': 'public-key',
  'CERTIFICATE REQUEST': 'request',
  'NEW CERTIFICATE REQUEST': 'request',
  PKCS7: 'pkcs7',
  CMS: 'pkcs7',
  PKCS12: 'pkcs12',
  'X509 CRL': 'revocations',
  'EC PARAMETERS': 'parameters',
  'DH PARAMETERS': 'parameters',
  'X9.42 DH PARAMETERS': 'parameters',
}

/**
 * Cuts PEM blocks out of a file: any line ends, a byte order mark (UTF-8, UTF-16), indentation, text
 * around, blocks that follow each other without a line break. Never throws.
 */
export function cutPem(bytes: Buffer): PemCut {
  const encoding = encodingOf(bytes)
  const text = textOf(bytes, encoding).replace(/\r\n?/g, '\n')
  const cut: PemCut = { blocks: [], damaged: [], textLines: 0, tooMany: false }
  if (encoding) cut.encoding = encoding
  let at = 0
  let line = 1
  /** Moves on to a place, and gives the text in between. */
  const moveTo = (place: number): string => {
    const passed = text.slice(at, place)
    at = place
    line += count(passed, '\n')
    return passed
  }
  for (;;) {
    const found = nextBegin(text, at)
    cut.textLines += linesWithText(moveTo(found?.at ?? text.length))
    if (!found) return cut
    if (cut.blocks.length + cut.damaged.length === mostBlocks) return { ...cut, tooMany: true }
    const { label, bodyAt } = found
    const from = line
    const end = endOf(text, bodyAt, label)
    if (!end) {
      cut.damaged.push({ line, label, reason: 'it is cut off before its END line' })
      moveTo(nextBegin(text, bodyAt)?.at ?? text.length)
      continue
    }
    const body = text.slice(bodyAt, end.at)
    moveTo(end.after)
    const block = readBlock(label, body, { line: from, lines: line - from + 1 })
    if (block) cut.blocks.push(block)
    else cut.damaged.push({ line: from, label, reason: 'it holds something that is no base64' })
  }
}

function encodingOf(bytes: Buffer): PemCut['encoding'] {
  const start = bytes.subarray(0, 4).toString('latin1')
  // Windows leaves the mark out at times: then each second byte of plain text is zero
  if (/^(\xff\xfe|\xfe\xff|[\t-~]\0|\0[\t-~])/.test(start)) return 'UTF-16'
  return start.startsWith('\xef\xbb\xbf') ? 'byte order mark' : undefined
}

/** A file's text, without a byte order mark. Only ASCII matters: of other bytes each is a character. */
export function textOf(bytes: Buffer, encoding = encodingOf(bytes)): string {
  if (encoding === 'byte order mark') return bytes.subarray(3).toString('latin1')
  if (encoding === undefined) return bytes.toString('latin1')
  const marked = (bytes[0] ?? 0) >= 0xfe
  const bigEndian = bytes[0] === 0xfe || bytes[0] === 0
  const even = Buffer.from(bytes.subarray(marked ? 2 : 0, bytes.length - (bytes.length % 2)))
  return (bigEndian ? even.swap16() : even).toString('utf16le')
}

function nextBegin(text: string, from: number) {
  const begin = /-----BEGIN ([A-Z0-9][A-Z0-9 .]{0,60})-----/g
  begin.lastIndex = from
  const match = begin.exec(text)
  if (!match) return undefined
  return { at: match.index, label: match[1] ?? '', bodyAt: match.index + match[0].length }
}

/** The END line of a block, unless another block begins before it. */
function endOf(text: string, from: number, label: string) {
  const mark = `-----END ${label}-----`
  const at = text.indexOf(mark, from)
  const other = text.indexOf('-----BEGIN ', from)
  return at < 0 || (other >= 0 && other < at) ? undefined : { at, after: at + mark.length }
}

function readBlock(
  label: string,
  body: string,
  place: Pick<PemBlock, 'line' | 'lines'>,
): PemBlock | undefined {
  const lines = body.split('\n').map(line => line.trim())
  const headers = lines.filter(line => line.includes(':'))
  const base64 = lines
    .filter(line => !line.includes(':'))
    .join('')
    .replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined
  const kind = kinds[label] ?? 'other'
  const locked = headers.some(header => /^Proc-Type:.*ENCRYPTED/.test(header))
  const head = headers.length > 0 ? `${headers.join('\n')}\n\n` : ''
  return {
    kind: kind === 'private-key' && locked ? 'locked-key' : kind,
    label,
    der: Buffer.from(base64, 'base64'),
    // few of many blocks are ever needed as text
    get text() {
      const wrapped = base64.match(/.{1,64}/g)?.join('\n')
      return `-----BEGIN ${label}-----\n${head}${wrapped}\n-----END ${label}-----\n`
    },
    ...place,
  }
}

function linesWithText(text: string): number {
  return text.split('\n').filter(line => line.trim() !== '').length
}

function count(text: string, part: string): number {
  return text.split(part).length - 1
}
