import type { Finding } from '../findings.ts'
import type { Certificate } from './certificate.ts'
import type { Chain } from './chain.ts'
import { type DiffLine, found, type JudgeInput, type Repair } from './judgement.ts'
import { keyTypeOf, keyTypeText } from './key-type.ts'
import { repairOf } from './repair-kinds.ts'
import { labelOf } from './summary.ts'
import type { FoundCertificate, FoundKey } from './upload.ts'

/** What goes in, and how it differs from what was handed in. */
export interface Repaired {
  /** Leaf first. */
  chain: Certificate[]
  repairs: Repair[]
  diff: DiffLine[]
  /** A note for each repair. */
  notes: Finding[]
}

/**
 * Puts the chain together as the target wants it.
 *
 * @param handedIn every certificate that was found, sorted by file and position
 */
export function repair(
  chain: Chain,
  handedIn: readonly FoundCertificate[],
  input: JudgeInput,
  key?: FoundKey,
): Repaired {
  const { profile } = input
  const { links, beyond, root } = chain
  const selfSigned = root !== undefined && root === links[0]
  const withRoot = profile.root === 'needed' && root?.selfSigned === true && !selfSigned
  const goes = withRoot ? [...links, root] : [...links, ...beyond]
  const first = firstOnes(handedIn)
  const lines = [
    ...goes.map((certificate, index) => placed(certificate, index, goes, first, input)),
    ...handedIn.flatMap(each => leftOut(each, goes, first, chain)),
    ...textLines(input, handedIn, goes),
    ...formLines(input, handedIn, goes, key),
    ...unlockLines(input, key),
  ]
  const repairs = lines.flatMap(toRepair)
  const order = repairs.filter(({ kind }) => kind === 'order')
  // however many certificates move, it is one repair
  const all = repairs.filter(each => each.kind !== 'order' || each === order[0])
  return {
    chain: goes,
    repairs: all,
    diff: all.length > 0 ? lines : [],
    notes: all.map(toNote),
  }
}

type First = ReadonlyMap<string, FoundCertificate>

/**
 * The place at which each certificate counts; it is a duplicate everywhere else. A file with more of
 * them goes before, and then its content decides: what a file is called must not matter.
 */
function firstOnes(handedIn: readonly FoundCertificate[]): First {
  const contents = new Map<string, string[]>()
  for (const { file, certificate } of handedIn) {
    contents.set(file, [...(contents.get(file) ?? []), certificate.fingerprint])
  }
  const contentOf = ({ file }: FoundCertificate) => contents.get(file) ?? []
  const compare = (a: FoundCertificate, b: FoundCertificate) =>
    contentOf(b).length - contentOf(a).length || order(contentOf(a).join(), contentOf(b).join())
  // sorting is stable: within a file the order stays
  const ranked = [...handedIn].sort(compare)
  return new Map(ranked.reverse().map(each => [each.certificate.fingerprint, each]))
}

/** By code points: a locale's order would cost the start of its tables. */
function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function placed(
  certificate: Certificate,
  index: number,
  goes: readonly Certificate[],
  first: First,
  { profile: { target }, spare = [], forms = [] }: JudgeInput,
): DiffLine {
  const subject = labelOf(certificate)
  const was = first.get(certificate.fingerprint)
  const added = spare.find(each => each.certificate.fingerprint === certificate.fingerprint)
  if (!was && added && !certificate.selfSigned) {
    const text = `added: from ${added.from}`
    return { sign: '+', subject, goes: index + 1, text, id: 'cert.chain-completed' }
  }
  if (!was) {
    const text = `added: ${target} needs the root`
    return { sign: '+', subject, goes: index + 1, text, id: 'cert.root-needed' }
  }
  const place = { goes: index + 1, was: was.position, file: was.file }
  // PKCS#7 holds a set, and PKCS#12 bags: no order is one of the user's
  const ordered = !forms.some(each => each.file === was.file && /^PKCS#/.test(each.form))
  const overtook =
    ordered &&
    goes.slice(index + 1).some(each => {
      const other = first.get(each.fingerprint)
      return other?.file === was.file && other.position < was.position
    })
  if (!overtook) return { sign: ' ', subject, ...place }
  const text = index === 0 ? 'put first' : 'put before what signed it'
  return { sign: '+', subject, ...place, text, id: 'cert.order' }
}

function leftOut(
  each: FoundCertificate,
  goes: readonly Certificate[],
  first: First,
  { links, root }: Chain,
): DiffLine[] {
  const { certificate, file, position, aside } = each
  // nobody said that what lies in a folder belongs to this chain
  if (aside) return []
  const line = { sign: '-', subject: labelOf(certificate), was: position, file } as const
  if (first.get(certificate.fingerprint) !== each) {
    return [{ ...line, text: 'left out: it is there twice', id: 'cert.duplicate' }]
  }
  if (isIn(goes, certificate)) return []
  const top = links.at(-1)
  const isRoot =
    certificate.fingerprint === root?.fingerprint ||
    (certificate.selfSigned && top?.x509.checkIssued(certificate.x509) === true)
  return isRoot
    ? [{ ...line, text: 'left out: not needed', id: 'cert.root-sent' }]
    : [{ ...line, text: 'left out: not of this chain', id: 'cert.stranger' }]
}

/** Text in the files that the chain is made of; the key is written anew anyway. */
function textLines(
  { textAround = [] }: JudgeInput,
  handedIn: readonly FoundCertificate[],
  goes: readonly Certificate[],
): DiffLine[] {
  const used = handedIn.filter(({ certificate }) => isIn(goes, certificate))
  const files = new Set(used.map(({ file }) => file))
  return textAround
    .filter(({ file }) => files.has(file))
    .map(({ file, lines, notAscii }) => ({
      sign: '-',
      subject: lines === 1 ? '1 line of other text' : `${lines} lines of other text`,
      file,
      text: notAscii ? 'left out: not PEM, not even ASCII' : 'left out: not PEM',
      id: notAscii ? 'cert.text-not-ascii' : 'cert.text-around',
    }))
}

/** Files that the chain or the key comes from, and that are not plain PEM. */
function formLines(
  { forms = [] }: JudgeInput,
  handedIn: readonly FoundCertificate[],
  goes: readonly Certificate[],
  key: FoundKey | undefined,
): DiffLine[] {
  const used = handedIn.filter(({ certificate }) => isIn(goes, certificate))
  const files = new Set([...used.map(({ file }) => file), key?.file])
  const byForm = new Map<string, string[]>()
  for (const { file, form } of forms) {
    if (files.has(file)) byForm.set(form, [...(byForm.get(form) ?? []), file])
  }
  return [...byForm].map(([form, [file = '', ...more]]) => {
    const subject = more.length > 0 ? `${form}, ${more.length + 1} files` : form
    return form === 'byte order mark' || form === 'UTF-16'
      ? { sign: '-', subject, file, text: 'left out: not plain', id: 'cert.encoding' }
      : { sign: '-', subject, file, text: 'goes in as PEM', id: 'cert.format' }
  })
}

/** A key that a passphrase opened goes in open, where the server cannot ask for the passphrase. */
function unlockLines({ profile }: JudgeInput, key: FoundKey | undefined): DiffLine[] {
  if (!key?.wasLocked || profile.encryptedKey === 'accepted') return []
  const subject = `key ${keyTypeText(keyTypeOf(key.open()))}`
  const text = 'without its passphrase, 0600'
  return [{ sign: '+', subject, file: key.file, text, id: 'cert.key-unlocked' }]
}

/** A root can be here twice, once as it was handed in and once as this machine has it. */
function isIn(goes: readonly Certificate[], { fingerprint }: Certificate): boolean {
  return goes.some(each => each.fingerprint === fingerprint)
}

function toRepair({ id, subject, text, file }: DiffLine): Repair[] {
  const kind = id && repairOf(id)
  if (!kind || !text) return []
  return [{ id, kind, subject, text, ...(file === undefined ? {} : { file }) }]
}

function toNote({ id, subject, text, file }: Repair): Finding {
  return found(id, {
    severity: 'notes',
    subject,
    evidence: file === undefined ? text : `${file}: ${text}`,
    fix: 'There is nothing to do: your files stay as they are, what goes in is right.',
    ...(id === 'cert.root-needed' ? { title: 'The root was not in the files; it is added.' } : {}),
  })
}
