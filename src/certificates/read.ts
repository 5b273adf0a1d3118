import { type Finding, finding, type Occurrence } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import { readCertificate } from './certificate.ts'
import { type CertificateFindingId, certificateFindings } from './findings.ts'
import { cutPem, mostBlocks, type PemBlock } from './pem.ts'
import { openKey } from './private-key.ts'
import { nothingUsable, opensslFix } from './unusable.ts'
import type { Unread, Upload, UploadedFile } from './upload.ts'

export const mostBytes = 1024 * 1024

/**
 * Reads everything that some files hold, whatever they are called and in whatever order they come; a
 * path that is given twice is read once. Never throws for bad content: what cannot be read becomes a
 * finding. No finding holds anything of a key or passphrase.
 *
 * @param readDer reads one certificate; a caller with many files can remember what it has read
 */
export function readUpload(
  files: readonly UploadedFile[],
  passphrase?: string | Buffer,
  readDer: typeof readCertificate = readCertificate,
): Upload {
  const upload: Upload = { certificates: [], keys: [], unread: [], textAround: [] }
  const byPath = new Map(files.map(file => [file.path, file]))
  const sorted = [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
  for (const file of sorted) readFile(file, passphrase, upload, readDer)
  return upload
}

function readFile(
  file: UploadedFile,
  passphrase: string | Buffer | undefined,
  upload: Upload,
  readDer: typeof readCertificate,
) {
  const name = oneLine(file.path)
  const whole = wholeFile(file, name)
  if (whole) {
    upload.unread.push(whole)
    return
  }
  const cut = cutPem(file.bytes)
  if (cut.tooMany) {
    upload.unread.push(tooLarge(name, `more than ${mostBlocks} PEM blocks`))
    return
  }
  const before = upload.certificates.length + upload.keys.length + upload.unread.length
  for (const { label, line, reason } of cut.damaged) {
    const hides = hiddenBy(label)
    upload.unread.push(damaged(name, label, line, reason, hides))
  }
  const certificates = cut.blocks.filter(({ kind }) => kind === 'certificate')
  for (const [index, block] of certificates.entries()) {
    readCertificateBlock(name, block, index + 1, upload, readDer)
  }
  const keys = cut.blocks.filter(({ kind }) => kind === 'private-key' || kind === 'locked-key')
  for (const [index, block] of keys.entries()) {
    readKeyBlock(file, name, block, index + 1, passphrase, upload)
  }
  const used = upload.certificates.length + upload.keys.length + upload.unread.length > before
  const others = cut.blocks.filter(block => !certificates.includes(block) && !keys.includes(block))
  if (!used) upload.unread.push(nothingUsable(file, name, others))
  const lines = others.reduce((sum, block) => sum + block.lines, cut.textLines)
  // what PEM is made of is ASCII, so that any other letter stands in the text around it
  const notAscii = file.bytes.some(byte => byte > 0x7e) ? { notAscii: true as const } : {}
  if (lines > 0) upload.textAround.push({ file: name, lines, ...notAscii })
}

function readCertificateBlock(
  file: string,
  block: PemBlock,
  position: number,
  upload: Upload,
  readDer: typeof readCertificate,
) {
  const reading = readDer(block.der)
  if (reading.ok) upload.certificates.push({ certificate: reading.certificate, file, position })
  else upload.unread.push(damaged(file, block.label, block.line, reading.reason, 'certificate'))
}

function readKeyBlock(
  { mode, path }: UploadedFile,
  file: string,
  block: PemBlock,
  position: number,
  passphrase: string | Buffer | undefined,
  upload: Upload,
) {
  const reading = openKey(block, passphrase)
  if (reading.state === 'open') {
    const { key, publicKeySha256, wasLocked } = reading
    const bits = mode === undefined ? {} : { mode }
    upload.keys.push({ key, publicKeySha256, wasLocked, file, position, ...bits })
    return
  }
  const add = (id: CertificateFindingId, more: Omit<Occurrence, 'subject'>) =>
    upload.unread.push({ finding: make(id, { subject: file, ...more }), hides: 'key' })
  const where = `${block.label}, line ${block.line}`
  switch (reading.state) {
    case 'locked':
      add('cert.key-encrypted', {
        evidence: where,
        fix: 'Type its passphrase, or name a file with it: certificate.passphrase: {file: ./pass}.',
      })
      return
    case 'wrong-passphrase':
      add('cert.passphrase-wrong', { evidence: where, fix: 'Type the passphrase again.' })
      return
    case 'old-cipher':
      add('cert.unreadable', {
        title: 'The key is locked in a way that current OpenSSL does not open.',
        evidence: `${where}: an old cipher such as DES or RC2`,
        fix: opensslFix('pkcs8', path, ['-topk8', '-provider', 'legacy', '-provider', 'default']),
      })
      return
    case 'too-slow':
      add('cert.unreadable', {
        title: 'Opening the key would take too long.',
        evidence: `${where}: more than 5,000,000 rounds over its passphrase`,
        fix: opensslFix('pkcs8', path, ['-topk8', '-iter', '600000']),
      })
      return
    case 'damaged':
      upload.unread.push(damaged(file, block.label, block.line, 'its structure is damaged', 'key'))
  }
}

/** What is wrong with a file before its content is looked at. */
function wholeFile({ bytes }: UploadedFile, file: string): Unread | undefined {
  if (bytes.length > mostBytes) {
    return tooLarge(file, `${(bytes.length / mostBytes).toFixed(1)} MiB`)
  }
  if (bytes.some(byte => byte > 0x20)) return undefined
  const found = make('cert.empty', {
    title: `${file} is empty.`,
    subject: file,
    evidence: `${bytes.length} bytes`,
    fix: `Copy it again, or name another file.`,
  })
  return { finding: found, hides: 'either' }
}

function tooLarge(file: string, evidence: string): Unread {
  const fix = 'Name a file with the leaf and its intermediates alone.'
  return { finding: make('cert.too-large', { subject: file, evidence, fix }), hides: 'either' }
}

function damaged(
  file: string,
  label: string,
  line: number,
  reason: string,
  hides: Unread['hides'],
): Unread {
  const found = make('cert.unreadable', {
    title: `A block in ${file} is damaged.`,
    subject: file,
    evidence: `${label}, line ${line}: ${reason}`,
    fix: 'Copy the file again from where it came from, as a file and not through a terminal.',
  })
  return { finding: found, hides }
}

function hiddenBy(label: string): Unread['hides'] {
  if (/KEY$/.test(label)) return 'key'
  return label.includes('CERTIFICATE') ? 'certificate' : 'either'
}

function make(id: CertificateFindingId, occurrence: Occurrence): Finding {
  return finding(certificateFindings, id, occurrence)
}
