import { finding } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import { quoteCommand } from '../process/quote.ts'
import { type BinaryKind, binaryKind } from './binary.ts'
import { certificateFindings } from './findings.ts'
import type { PemBlock, PemKind } from './pem.ts'
import type { Unread, UploadedFile } from './upload.ts'

interface Explained {
  title: string
  fix: string
  hides?: Unread['hides']
}

/** Why a file without a certificate and without a key is none, and how to get one out of it. */
export function nothingUsable(
  file: UploadedFile,
  name: string,
  others: readonly PemBlock[],
): Unread {
  const block = others.find(({ kind }) => blockSays[kind])
  const kind = binaryKind(file.bytes)
  const says = block
    ? blockSays[block.kind]?.(name, file.path)
    : others[0] === undefined
      ? binarySays[kind]?.(name, file.path)
      : undefined
  const { title, fix, hides } = says ?? {
    title: `There is no certificate and no key in ${name}.`,
    fix: 'Name a PEM file: it has a line -----BEGIN CERTIFICATE-----.',
  }
  const evidence = others[0] ? `a PEM block ${others[0].label}` : evidenceOf(kind)
  const found = finding(certificateFindings, 'cert.unreadable', {
    title,
    subject: name,
    evidence,
    fix,
  })
  return { finding: found, hides: hides ?? 'either' }
}

function evidenceOf(kind: BinaryKind): string {
  return kind === 'text' ? 'text without a PEM block' : 'binary, no PEM block'
}

type Say = (file: string, path: string) => Explained

const blockSays: Partial<Record<PemKind, Say>> = {
  request: file => ({
    title: `${file} is a certificate request (CSR), not a certificate.`,
    fix: 'Send it to the authority, and name the certificate that comes back.',
    hides: 'certificate',
  }),
  'public-key': file => ({
    title: `${file} is a public key; the private one is needed.`,
    fix: 'Name the file that was made together with the certificate request.',
    hides: 'key',
  }),
  'ssh-key': (file, path) => ({
    title: `${file} is a key in the form of OpenSSH.`,
    fix: quoteCommand(['ssh-keygen', '-p', '-m', 'PKCS8', '-f', path]),
    hides: 'key',
  }),
  pkcs7: (file, path) => ({
    title: `${file} is PKCS#7, which is not read yet.`,
    fix: opensslFix('pkcs7', path, ['-print_certs']),
    hides: 'certificate',
  }),
}

const binarySays: Partial<Record<BinaryKind, Say>> = {
  certificate: (file, path) => ({
    title: `${file} looks like a certificate in DER, which is not read yet.`,
    fix: opensslFix('x509', path, ['-inform', 'DER']),
    hides: 'certificate',
  }),
  key: (file, path) => ({
    title: `${file} looks like a key in DER, which is not read yet.`,
    fix: opensslFix('pkey', path, ['-inform', 'DER']),
    hides: 'key',
  }),
  'locked-key': (file, path) => ({
    title: `${file} looks like a locked key in DER, which is not read yet.`,
    fix: opensslFix('pkey', path, ['-inform', 'DER']),
    hides: 'key',
  }),
  pkcs12: (file, path) => ({
    title: `${file} is PKCS#12, which is not read yet.`,
    fix: opensslFix('pkcs12', path, ['-nodes']),
  }),
  pkcs7: (file, path) => ({
    title: `${file} is PKCS#7, which is not read yet.`,
    fix: opensslFix('pkcs7', path, ['-inform', 'DER', '-print_certs']),
    hides: 'certificate',
  }),
  'java-keystore': (file, path) => ({
    title: `${file} is a Java key store.`,
    fix: quoteCommand([
      ...['keytool', '-importkeystore', '-srckeystore', path],
      ...['-destkeystore', `${path}.p12`, '-deststoretype', 'PKCS12'],
    ]),
  }),
  zip: file => ({
    title: `${file} is a compressed archive.`,
    fix: 'Unpack it, and name the files in it.',
  }),
}

/** The command that writes a file anew in a form that is read here. */
export function opensslFix(command: string, path: string, options: readonly string[]): string {
  const out = `${path.replace(/\.[A-Za-z0-9]{1,5}$/, '')}-new.pem`
  return oneLine(quoteCommand(['openssl', command, ...options, '-in', path, '-out', out]))
}
