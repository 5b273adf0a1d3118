import type { Certificate } from '../../certificates/certificate.ts'
import { day, lifeLeft } from '../../certificates/dates.ts'
import { describeOther } from '../../certificates/describe-other.ts'
import { keyTypeOf, keyTypeText } from '../../certificates/key-type.ts'
import { fits } from '../../certificates/pick-leaf.ts'
import { issuerLabelOf, labelOf, shortKey } from '../../certificates/summary.ts'
import type {
  FileForm,
  FoundCertificate,
  FoundKey,
  OtherThing,
  Upload,
} from '../../certificates/upload.ts'
import { type Line, span } from './line.ts'
import { wrapLine, wrapText } from './wrap.ts'

const formWords: Readonly<Record<FileForm['form'], string>> = {
  DER: 'DER: the bytes themselves, not as text. Windows calls it .cer or .der.',
  Base64: 'Base64 without the BEGIN and END lines of PEM.',
  'PKCS#7': 'PKCS#7 (.p7b): carries certificates, never a key.',
  'PKCS#12': 'PKCS#12 (.p12, .pfx): certificates and key in one file, mostly behind a passphrase.',
  'Kubernetes Secret': 'A part of a Kubernetes Secret.',
  'UTF-16': 'Text in UTF-16, as Windows writes it; servers do not read that.',
  'byte order mark': 'Text with a byte order mark at its beginning, which servers stumble over.',
}

/** What some files hold, in words for people who do not know X.509; nothing of a key is shown. */
export function inspectLines(upload: Upload, now: number, width: number): Line[] {
  const { certificates, keys, others, forms } = upload
  const files = [...certificates, ...keys, ...others, ...forms].map(({ file }) => file)
  return [...new Set(files)].sort().flatMap(file => [...fileLines(file, upload, now, width), []])
}

function fileLines(file: string, upload: Upload, now: number, width: number): Line[] {
  const of = <T extends { file: string }>(all: readonly T[]) =>
    all.filter(each => each.file === file)
  const certificates = of(upload.certificates)
  const keys = of(upload.keys)
  return [
    ...wrapLine([span(file, 'bold')], width),
    ...of(upload.forms).flatMap(({ form }) => wrapText(formWords[form], width, 2, 'quiet')),
    ...[
      ...certificates.map(each => certificateLines(each, upload, now, width)),
      ...keys.map(each => keyLines(each, upload, width)),
      ...of(upload.others).map(each => otherLines(each, upload, width)),
    ].flatMap((lines, index) => (index === 0 ? lines : [[], ...lines])),
  ]
}

/** A label and what belongs to it, broken so that the label's column stays free. */
function row(label: string, text: string, width: number): Line[] {
  return text === ''
    ? []
    : wrapLine([span(`     ${label.padEnd(12)}`, 'quiet'), span(text)], width, 17)
}

/** What a certificate is for, by what it says of itself. */
export function kindOf(certificate: Certificate): {
  kind: 'leaf' | 'intermediate' | 'root'
  title: string
  text: string
} {
  const { isCa, selfSigned, selfIssued } = certificate
  if (!isCa && selfIssued) {
    return {
      kind: 'leaf',
      title: 'Certificate of a server, signed by itself',
      text: 'Proves a name to those alone who were told to trust this very certificate.',
    }
  }
  if (!isCa) {
    return {
      kind: 'leaf',
      title: 'Certificate of a server (leaf)',
      text: 'Proves to clients that who has its key may use these names.',
    }
  }
  if (selfSigned) {
    return {
      kind: 'root',
      title: 'Certificate of an authority (root)',
      text: 'Clients that have it trust all that it signed. A server need not send it.',
    }
  }
  return {
    kind: 'intermediate',
    title: 'Certificate of an authority (intermediate)',
    text: 'Leads from the certificate of a server to a root that clients have. A server sends it.',
  }
}

function certificateLines(
  { certificate, position, name }: FoundCertificate,
  upload: Upload,
  now: number,
  width: number,
): Line[] {
  const { title, text, kind } = kindOf(certificate)
  const { dnsNames, ipAddresses, otherNames, notBefore, notAfter, fingerprint } = certificate
  const names = [...dnsNames, ...ipAddresses, ...otherNames].slice(0, 20)
  const key = upload.keys.find(each => fits(certificate, each))
  const more = dnsNames.length + ipAddresses.length + otherNames.length - names.length
  const field = (label: string, value: string) => row(label, value, width)
  return [
    [span(`  ${position}. `, 'quiet'), span(title, 'bold')],
    ...wrapText(text, width, 5, 'quiet'),
    ...field('called', name ?? ''),
    ...field('for', names.join(', ') + (more > 0 ? ` and ${more} more` : '')),
    ...field(kind === 'leaf' ? 'subject' : 'authority', certificate.subject || '(empty)'),
    ...field('signed by', certificate.selfIssued ? 'itself' : signerText(certificate, upload)),
    ...field('valid', `${day(notBefore)} to ${day(notAfter)}, ${lifeText(certificate, now)}`),
    ...field('use', usesOf(certificate)),
    ...field(
      'key',
      `${keyTypeText(certificate.keyType)}, public key ${shortKey(certificate.publicKeySha256)}`,
    ),
    ...field('private key', key ? `in ${key.file}` : kind === 'leaf' ? 'not in these files' : ''),
    ...field('serial', certificate.serial),
    // 32 bytes in two lines
    ...field('SHA-256', fingerprint.slice(0, 47)),
    ...field('', fingerprint.slice(48)),
  ]
}

function signerText(certificate: Certificate, { certificates }: Upload): string {
  const signer = certificates.find(
    each =>
      each.certificate.subjectDer.equals(certificate.issuerDer) &&
      certificate.x509.checkIssued(each.certificate.x509),
  )
  return `${issuerLabelOf(certificate)}${signer ? `, in ${signer.file}` : ', not in these files'}`
}

function lifeText({ notBefore, notAfter }: Certificate, now: number): string {
  return now < notBefore ? `only from ${day(notBefore)} on` : lifeLeft(notBefore, notAfter, now)
}

const useWords: Readonly<Record<string, string>> = {
  serverAuth: 'servers',
  clientAuth: 'clients',
  codeSigning: 'signing code',
  emailProtection: 'mail',
  timeStamping: 'time stamps',
  ocspSigning: 'saying what is revoked',
  any: 'anything',
}

function usesOf({ extendedKeyUsage, isCa }: Certificate): string {
  if (!extendedKeyUsage) return isCa ? '' : 'not limited'
  return extendedKeyUsage.map(use => useWords[use] ?? use).join(', ')
}

function keyLines(found: FoundKey, { certificates }: Upload, width: number): Line[] {
  const { open, publicKeySha256, wasLocked, name, mode } = found
  const fitting = certificates.filter(({ certificate }) => fits(certificate, found))
  const labels = fitting.map(({ certificate, file }) => `${labelOf(certificate)} in ${file}`)
  const readable = mode !== undefined && (mode & 0o044) !== 0
  return [
    [span('  Private key', 'bold')],
    ...wrapText(
      'The secret half: who has it can pose as the server. It is not shown.',
      width,
      5,
      'quiet',
    ),
    ...row('called', name ?? '', width),
    ...row(
      'key',
      `${keyTypeText(keyTypeOf(open()))}, public key ${shortKey(publicKeySha256)}`,
      width,
    ),
    ...row('belongs to', [...new Set(labels)].join(', ') || 'no certificate in these files', width),
    ...row('locked', wasLocked ? 'with a passphrase' : 'no', width),
    ...row('readable', readable ? 'by others on this machine: type chmod 600' : '', width),
  ]
}

const otherWords: Readonly<Record<OtherThing['kind'], [title: string, text: string]>> = {
  request: [
    'Request for a certificate (CSR)',
    'An authority makes a certificate of it; it proves nothing itself.',
  ],
  revocations: [
    'Revocation list (CRL)',
    'Says which certificates of an authority no longer count.',
  ],
  'public-key': ['Public key', 'The half that everybody may know. A server needs the private one.'],
  'ssh-key': ['Private key in the form of OpenSSH', 'Servers for HTTPS do not read it.'],
  parameters: ['Parameters of a key', 'No key; openssl writes them before one.'],
  'java-keystore': ['Java key store', 'Certificates and keys for Java programs.'],
  zip: ['Compressed archive', 'Its files must be unpacked first.'],
}

function otherLines(thing: OtherThing, upload: Upload, width: number): Line[] {
  const { certificates, keys } = upload
  if (thing.kind === 'parameters') return []
  const [title, text] = otherWords[thing.kind]
  const said = describeOther(thing)
  const field = (label: string, value: string | undefined) => row(label, value ?? '', width)
  const key = said.keyType && said.publicKeySha256
  const fix = upload.unread.find(({ finding }) => finding.subject === thing.file)?.finding.fix
  const owner = [
    ...keys,
    ...certificates.map(({ certificate, file }) => ({ ...certificate, file })),
  ].find(each => each.publicKeySha256 === said.publicKeySha256)
  return [
    [span(`  ${title}`, 'bold')],
    ...wrapText(text, width, 5, 'quiet'),
    ...field('for', said.names?.join(', ')),
    ...field('subject', said.subject),
    ...field('authority', said.issuer),
    ...field(
      'made',
      said.made === undefined
        ? ''
        : `${day(said.made)}${said.next === undefined ? '' : `, the next one is due ${day(said.next)}`}`,
    ),
    ...field('revoked', said.revoked === undefined ? '' : String(said.revoked)),
    ...field('key', key ? `${keyTypeText(said.keyType ?? '')}, public key ${shortKey(key)}` : ''),
    ...field('belongs to', owner && `the same key as in ${owner.file}`),
    // a command is not broken: it is to be copied
    ...(fix ? [[span('     next        ', 'quiet'), span(fix)]] : []),
  ]
}
