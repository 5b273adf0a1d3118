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
    ? blockSays[block.kind]?.(name, file.path, file.bytes)
    : others[0] === undefined
      ? binarySays[kind]?.(name, file.path, file.bytes)
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

type Say = (file: string, path: string, bytes: Buffer) => Explained

const blockSays: Partial<Record<PemKind, Say>> = {
  request: file => request(file),
  'public-key': file => publicKey(file),
  'ssh-key': (file, path) => ({
    title: `${file} is a key in the form of OpenSSH.`,
    fix: oneLine(
      `${quoteCommand(['cp', path, `${path}.pem`])} && ${quoteCommand(['ssh-keygen', '-p', '-m', 'PKCS8', '-f', `${path}.pem`])} (an Ed25519 key needs OpenSSH 9.6 or later)`,
    ),
    hides: 'key',
  }),
  revocations: file => revocations(file),
}

const binarySays: Partial<Record<BinaryKind, Say>> = {
  request: file => request(file),
  'public-key': file => publicKey(file),
  revocations: file => revocations(file),
  'java-keystore': (file, path, bytes) => {
    const jceks = bytes[0] === 0xce
    return {
      title: `${file} is a Java key store${jceks ? ' (JCEKS)' : ' (JKS)'}.`,
      fix: oneLine(
        quoteCommand([
          ...['keytool', '-importkeystore', '-srckeystore', path],
          ...['-srcstoretype', jceks ? 'JCEKS' : 'JKS'],
          ...['-destkeystore', `${path}.p12`, '-deststoretype', 'PKCS12'],
        ]),
      ),
    }
  },
  zip: file => ({
    title: `${file} is a compressed archive.`,
    fix: 'Unpack it, and name the files in it.',
  }),
}

function request(file: string): Explained {
  return {
    title: `${file} is a certificate request (CSR), not a certificate.`,
    fix: 'Send it to the authority, and name the certificate that comes back.',
    hides: 'certificate',
  }
}

function publicKey(file: string): Explained {
  return {
    title: `${file} is a public key; the private one is needed.`,
    fix: 'Name the file that was made together with the certificate request.',
    hides: 'key',
  }
}

function revocations(file: string): Explained {
  return {
    title: `${file} is a revocation list (CRL), not a certificate.`,
    fix: 'Name the certificate itself. A server does not need the list.',
  }
}

/** The command that writes a file anew in a form that is read here. */
export function opensslFix(command: string, path: string, options: readonly string[]): string {
  const out = `${path.replace(/\.[A-Za-z0-9]{1,5}$/, '')}-new.pem`
  return oneLine(quoteCommand(['openssl', command, ...options, '-in', path, '-out', out]))
}
