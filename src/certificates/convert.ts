import type { Certificate } from './certificate.ts'
import { pickLeaf } from './pick-leaf.ts'
import { writePkcs7 } from './pkcs7.ts'
import { writePkcs12 } from './pkcs12-write.ts'
import { keyPem } from './private-key.ts'
import { labelOf } from './summary.ts'
import type { FoundKey, Upload } from './upload.ts'

export const forms = ['pem', 'der', 'p12', 'p7', 'k8s-secret'] as const
export type Form = (typeof forms)[number]

/** What is converted: certificates in the order in which a server sends them, and the leaf's key. */
export interface Contents {
  certificates: Certificate[]
  key?: FoundKey
  /** Keys that belong to another certificate, or to none. */
  leftOut: FoundKey[]
}

/** A file to be written. */
export interface Converted {
  /** In a folder. */
  name: string
  content: Buffer
  /** Whether a private key is in it: then only its owner may read it. */
  secret: boolean
}

/** Puts certificates in order, each once: the leaf, what signed it, and so on, then all others. */
export function contentsOf({ certificates, keys }: Upload, now: number): Contents {
  const { leaf, key = keys.length === 1 && certificates.length === 0 ? keys[0] : undefined } =
    pickLeaf(certificates, keys, [], now)
  const left = new Map(
    certificates.map(({ certificate }) => [certificate.fingerprint, certificate]),
  )
  const ordered: Certificate[] = []
  let next = leaf?.certificate ?? certificates[0]?.certificate
  while (next) {
    const current = next
    ordered.push(current)
    left.delete(current.fingerprint)
    next = [...left.values()].find(each => current.x509.checkIssued(each.x509))
  }
  return {
    certificates: [...ordered, ...left.values()],
    ...(key ? { key } : {}),
    leftOut: keys.filter(each => each.publicKeySha256 !== key?.publicKeySha256),
  }
}

/** What the files are called in a folder. */
export function toPem({ certificates, key }: Contents): Converted[] {
  const chain = certificates.map(({ pem }) => pem).join('')
  return [
    ...(chain === '' ? [] : [{ name: 'chain.pem', content: Buffer.from(chain), secret: false }]),
    ...(key ? [{ name: 'key.pem', content: Buffer.from(keyPem(key.open())), secret: true }] : []),
  ]
}

/** DER has no way to hold two things in one file. */
export function toDer({ certificates, key }: Contents): Converted[] {
  const files = certificates.map((each, index) => ({
    name: index === 0 ? 'certificate.der' : `chain-${index}.der`,
    content: each.der,
    secret: false,
  }))
  if (!key) return files
  const content = key.open().export({ type: 'pkcs8', format: 'der' })
  return [...files, { name: 'key.der', content, secret: true }]
}

/** PEM around it: openssl, Java and Windows read it, and it can be mailed. */
export function toPkcs7({ certificates }: Contents): Converted[] {
  const lines = writePkcs7(certificates.map(each => each.der))
    .toString('base64')
    .match(/.{1,64}/g)
  const text = `-----BEGIN PKCS7-----\n${lines?.join('\n')}\n-----END PKCS7-----\n`
  return [{ name: 'chain.p7b', content: Buffer.from(text), secret: false }]
}

export function toPkcs12(
  { certificates, key }: Contents,
  passphrase: string,
  random: (bytes: number) => Buffer,
): Converted[] {
  const name = certificates[0] ? labelOf(certificates[0]) : 'key'
  const content = writePkcs12(
    { certificates, passphrase, name, ...(key ? { key: key.open() } : {}) },
    random,
  )
  return [{ name: 'certificate.p12', content, secret: key !== undefined }]
}

/** A Secret of type kubernetes.io/tls, for `kubectl apply -f`. The leaf's name names it. */
export function toSecret({ certificates, key }: Contents): Converted[] {
  const [leaf] = certificates
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const lines = [
    'apiVersion: v1',
    'kind: Secret',
    'type: kubernetes.io/tls',
    'metadata:',
    `  name: ${secretName(leaf ? labelOf(leaf) : '')}`,
    'data:',
    `  tls.crt: ${base64(certificates.map(({ pem }) => pem).join(''))}`,
    `  tls.key: ${base64(key ? keyPem(key.open()) : '')}`,
    '',
  ]
  return [{ name: 'secret.yaml', content: Buffer.from(lines.join('\n')), secret: true }]
}

/** An RFC 1123 label of at most 63 characters. */
function secretName(label: string): string {
  const words = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 58)
  return `${words.replace(/^-+|-+$/g, '') || 'certificate'}-tls`
}
