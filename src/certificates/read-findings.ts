import { type Finding, finding, type Occurrence } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import { type CertificateFindingId, certificateFindings } from './findings.ts'
import type { KeyReading } from './private-key.ts'
import { opensslFix } from './unusable.ts'
import type { Unread, UploadedFile } from './upload.ts'
import { type LockError, mostRounds } from './work.ts'

const typeIt =
  'Type its passphrase when you are asked, or name a file with it: --passphrase-file ./pass, in an answers file certificate.passphrase: {file: ./pass} or {fd: 3}.'
const typeAgain =
  'Type the passphrase again, or look into the file that holds it: its first line counts.'
const rounds = `more than ${mostRounds / 1_000_000} million rounds over its passphrase`
const legacy = ['-provider', 'legacy', '-provider', 'default']

/** Why a key was not opened. */
export function keyFinding(
  reading: Exclude<KeyReading, { state: 'open' }>,
  { path }: UploadedFile,
  where: string,
): Unread {
  const file = oneLine(path)
  const add = (id: CertificateFindingId, more: Omit<Occurrence, 'subject'>): Unread => ({
    finding: make(id, { subject: file, ...more }),
    hides: 'key',
  })
  switch (reading.state) {
    case 'locked':
      return add('cert.key-encrypted', { evidence: where, fix: typeIt })
    case 'wrong-passphrase':
      return add('cert.passphrase-wrong', { evidence: where, fix: typeAgain })
    case 'old-cipher':
      return add('cert.unreadable', {
        title: 'The key is locked in a way that is not opened here.',
        evidence: `${where}: ${oneLine(reading.seen)}`,
        fix: opensslFix('pkcs8', path, ['-topk8', ...legacy]),
      })
    case 'too-slow':
      return add('cert.unreadable', {
        title: 'Opening the key would take too long.',
        evidence: `${where}: ${rounds}`,
        fix: opensslFix('pkcs8', path, ['-topk8', '-iter', '600000']),
      })
    case 'damaged':
      return damaged(file, where, 'its structure is damaged', 'key')
  }
}

/** Why a PKCS#12 file, or a key in it, was not opened. */
export function pkcs12Finding(
  why: LockError | 'key-locked',
  { path }: UploadedFile,
  passphraseGiven: boolean,
): Unread {
  const file = oneLine(path)
  const add = (id: CertificateFindingId, more: Omit<Occurrence, 'subject'>): Unread => ({
    finding: make(id, { subject: file, ...more }),
    hides: why === 'key-locked' ? 'key' : 'either',
  })
  if (why === 'key-locked' || why.reason === 'wrong') {
    const key = why === 'key-locked'
    const evidence = key ? 'PKCS#12: a key in it is locked by itself' : 'PKCS#12'
    if (!passphraseGiven) {
      return add('cert.key-encrypted', {
        title: key
          ? `A key in ${file} is locked, and no passphrase was given.`
          : `${file} is locked, and no passphrase was given.`,
        why: 'Certificate and key are both behind the passphrase.',
        evidence,
        fix: typeIt,
      })
    }
    return add('cert.passphrase-wrong', {
      title: key
        ? `This passphrase does not open the key in ${file}.`
        : `This passphrase does not open ${file}.`,
      why: 'The file is checked as a whole: the passphrase is another one, or a byte of the file has changed.',
      evidence,
      fix: key ? opensslFix('pkcs12', path, []) : typeAgain,
    })
  }
  const slow = why.reason === 'too-slow'
  return add('cert.unreadable', {
    title: slow
      ? `Opening ${file} would take too long.`
      : `${file} is locked in a way that is not opened here.`,
    evidence: `PKCS#12: ${slow ? rounds : oneLine(why.message)}`,
    fix: opensslFix('pkcs12', path, slow ? [] : ['-legacy']),
  })
}

export function tooLarge(file: string, evidence: string): Unread {
  const fix = 'Name a file with the leaf and its intermediates alone.'
  return { finding: make('cert.too-large', { subject: file, evidence, fix }), hides: 'either' }
}

export function whatIsEmpty(file: string, bytes: number): Unread {
  const found = make('cert.empty', {
    title: `${file} is empty.`,
    subject: file,
    evidence: `${bytes} bytes`,
    fix: `Copy it again, or name another file.`,
  })
  return { finding: found, hides: 'either' }
}

/** @param where `CERTIFICATE, line 3`, `DER` */
export function damaged(
  file: string,
  where: string,
  reason: string,
  hides: Unread['hides'],
): Unread {
  const block = where.includes(', line ')
  const found = make('cert.unreadable', {
    title: block ? `A block in ${file} is damaged.` : `${file} is damaged.`,
    subject: file,
    evidence: `${where}: ${reason}`,
    fix: 'Copy the file again from where it came from, as a file and not through a terminal.',
  })
  return { finding: found, hides }
}

/** What may be missing where a block with this label is damaged. */
export function hiddenBy(label: string): Unread['hides'] {
  if (/KEY$/.test(label)) return 'key'
  return label.includes('CERTIFICATE') ? 'certificate' : 'either'
}

function make(id: CertificateFindingId, occurrence: Occurrence): Finding {
  return finding(certificateFindings, id, occurrence)
}
