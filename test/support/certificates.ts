import { spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { type Certificate, trustedCertificate } from '../../src/certificates/certificate.ts'
import { constraintsFor } from '../../src/certificates/constraints.ts'
import * as der from '../../src/certificates/der.ts'
import { writeName } from '../../src/certificates/distinguished-name.ts'
import * as write from '../../src/certificates/extension-writers.ts'
import type { KeyUse } from '../../src/certificates/extensions.ts'
import { publicKeySha256 } from '../../src/certificates/key-type.ts'
import { type Name, parseName } from '../../src/certificates/name.ts'
import { oids, type uses } from '../../src/certificates/oids.ts'
import { keyPem } from '../../src/certificates/private-key.ts'
import type { CertificateProfile } from '../../src/certificates/profile.ts'
import { readUpload } from '../../src/certificates/read.ts'
import { type SignatureAlgorithm, signCertificate } from '../../src/certificates/sign.ts'
import type { Upload } from '../../src/certificates/upload.ts'

/** The moment at which all tests take place. */
export const now = Date.parse('2026-11-21T09:00:00Z')
export const dayMs = 86_400_000

export interface Made {
  certificate: Certificate
  key: KeyObject
  pem: string
  keyPem: string
}

export type TestKey = 'p256' | 'p384' | 'p521' | 'rsa1024' | 'rsa2048' | 'rsapss' | 'ed25519'

/** What a certificate is to be like; what is left out is as a good leaf has it. */
export interface Wish {
  cn?: string
  /** Further parts of the subject, before the CN. */
  subject?: [type: string, value: string][]
  names?: string[]
  /** Raw SAN extension instead of one for `names`. */
  san?: der.Der | 'none'
  ca?: boolean
  pathLength?: number
  issuer?: Made
  /** Signs instead of the issuer's key. */
  signer?: KeyObject
  key?: KeyObject | TestKey
  /** The moment that the days count from, where it is not the tests' own. */
  at?: number
  /** Days from now. */
  from?: number
  to?: number
  eku?: (keyof typeof uses)[] | 'none'
  keyUsage?: KeyUse[] | 'none'
  algorithm?: SignatureAlgorithm
  mustStaple?: boolean
  constrainedTo?: string[]
  /** Of the issuer, in place of the right one. */
  authorityKeyId?: Buffer
  version1?: boolean
  /** Identifiers of extensions that are left out. */
  without?: string[]
  more?: der.Der[]
}

export const sha1WithRsa: SignatureAlgorithm = {
  identifier: der.sequence(der.oid('1.2.840.113549.1.1.5'), der.nothing()),
  hash: 'sha1',
}
export const md5WithRsa: SignatureAlgorithm = {
  identifier: der.sequence(der.oid('1.2.840.113549.1.1.4'), der.nothing()),
  hash: 'md5',
}

/**
 * As bytes, read again: Node 20 hangs for ever where the job of a synchronous call is collected as garbage
 * in the middle of an export of the key that it made, for whose lock it waits.
 */
const encodings = {
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  publicKeyEncoding: { type: 'spki', format: 'der' },
} as const

export function newKey(kind: TestKey = 'p256'): KeyObject {
  const curves: Record<string, string> = {
    p256: 'prime256v1',
    p384: 'secp384r1',
    p521: 'secp521r1',
  }
  const namedCurve = curves[kind]
  const size = Number(kind.slice(3))
  const { privateKey } = (namedCurve
    ? generateKeyPairSync('ec', { namedCurve, ...encodings })
    : kind === 'ed25519'
      ? generateKeyPairSync('ed25519', encodings)
      : kind === 'rsapss'
        ? generateKeyPairSync('rsa-pss', { modulusLength: 2048, ...encodings })
        : generateKeyPairSync('rsa', { modulusLength: size, ...encodings })) as unknown as {
    privateKey: Buffer
  }
  return createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' })
}

/** Makes any certificate, also wrong ones. */
export function make(wish: Wish = {}): Made {
  const { ca = false, issuer, at = now, from = -3, to = ca ? 3000 : 87 } = wish
  const key = typeof wish.key === 'object' ? wish.key : newKey(wish.key)
  const names = wish.names ?? (ca ? [] : ['fraud.ml.example.com'])
  const cn = wish.cn ?? (ca ? 'Example CA' : names[0])
  const subject = writeName([
    ...(wish.subject ?? []),
    ...(cn === undefined ? [] : [[oids.commonName, cn] as const]),
  ])
  const issuerKeyId = issuer?.certificate.subjectKeyId
  const authorityId = wish.authorityKeyId ?? (issuerKeyId && Buffer.from(issuerKeyId, 'hex'))
  const san = wish.san ?? (names.length > 0 ? write.subjectAltName(names.map(toName)) : 'none')
  const keyUsage = wish.keyUsage ?? (ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature'])
  const eku = wish.eku ?? (ca ? 'none' : ['serverAuth'])
  const all = [
    write.basicConstraints(ca, wish.pathLength),
    ...(keyUsage === 'none' ? [] : [write.keyUsage(keyUsage)]),
    ...(eku === 'none' ? [] : [write.extendedKeyUsage(eku)]),
    ...(san === 'none' ? [] : [san]),
    write.subjectKeyId(Buffer.from(publicKeySha256(key), 'hex').subarray(0, 20)),
    ...(authorityId ? [write.authorityKeyId(authorityId)] : []),
    ...(wish.mustStaple ? [write.extension(oids.tlsFeature, der.sequence(der.integer(5)))] : []),
    ...(wish.constrainedTo
      ? [write.nameConstraints(constraintsFor(wish.constrainedTo.map(toName)))]
      : []),
  ]
  const left = (wish.without ?? []).map(der.oid)
  const kept = all.filter(each => !left.some(id => each.includes(id)))
  const extensions = [...kept, ...(wish.more ?? [])]
  const signed = signCertificate(
    {
      serial: Buffer.concat([Buffer.from([0x40]), randomBytes(15)]),
      issuer: issuer?.certificate.subjectDer ?? subject,
      subject,
      notBefore: at + from * dayMs,
      notAfter: at + to * dayMs,
      publicKey: key,
      extensions: wish.version1 ? [] : extensions,
    },
    wish.signer ?? issuer?.key ?? key,
    ...(wish.algorithm ? [wish.algorithm] : []),
  )
  const certificate = trustedCertificate(signed)
  return { certificate, key, pem: certificate.pem, keyPem: keyPem(key) }
}

export function toName(text: string): Name {
  const name = parseName(text)
  if (!name) throw new TypeError(`no name: ${text}`)
  return name
}

/** A root, an intermediate and a leaf for fraud.ml.example.com. */
export function family(wish: Wish = {}) {
  const at = wish.at === undefined ? {} : { at: wish.at }
  const root = make({ ca: true, cn: 'Example Root CA', ...at })
  const issuing = make({ ca: true, cn: 'Example Issuing CA 3', issuer: root, pathLength: 0, ...at })
  const leaf = make({ issuer: issuing, ...wish })
  return { root, issuing, leaf }
}

/** Files by name, read as an upload. */
export function upload(
  files: Record<string, string | Buffer>,
  passphrase?: string,
  mode?: number,
): Upload {
  const list = Object.entries(files).map(([path, content]) => ({
    path,
    bytes: Buffer.from(content),
    ...(mode === undefined ? {} : { mode }),
  }))
  return readUpload(list, passphrase)
}

export function profile(wish: Partial<CertificateProfile> = {}): CertificateProfile {
  return {
    target: 'SkyServe',
    names: ['fraud.ml.example.com'],
    root: 'left-out',
    extendedKeyUsage: ['serverAuth'],
    encryptedKey: 'refused',
    keys: ['rsa', 'ecdsa-p256', 'ecdsa-p384'],
    staples: false,
    ...wish,
  }
}

/** Runs a tool of this machine; `status` is null where it is not there. */
export function runTool(name: string, args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(name, args, { encoding: 'utf8', input })
  return { status, said: `${stdout}${stderr}`, stdout }
}
