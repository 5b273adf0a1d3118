import type { KeyObject } from 'node:crypto'
import type { Finding } from '../findings.ts'
import type { Certificate } from './certificate.ts'

/** A file as it was handed in. */
export interface UploadedFile {
  /** As the user wrote it: findings and repairs name it so. */
  path: string
  bytes: Buffer
  /** Permission bits, where the file system has them. */
  mode?: number
  /** It lies in a folder that was named: it is taken where it fits, and not missed where it does not. */
  aside?: true
  /** What it was taken out of, where it is no file of its own: a Kubernetes Secret. */
  container?: FileForm['form']
}

/** How a file wraps what it holds, where that is not plain PEM. */
export interface FileForm {
  file: string
  form: 'DER' | 'Base64' | 'PKCS#7' | 'PKCS#12' | 'Kubernetes Secret' | 'UTF-16' | 'byte order mark'
}

/** Something that is neither certificate nor private key, and is known by name. */
export interface OtherThing {
  file: string
  kind:
    | 'request'
    | 'revocations'
    | 'public-key'
    | 'ssh-key'
    | 'parameters'
    | 'java-keystore'
    | 'zip'
  /** What is inside its PEM block, or the file. */
  der: Buffer
}

/** Where something stood. */
export interface Place {
  /** The path, as one safe line. */
  file: string
  /** Which certificate, or which key, of its file it is, from 1. */
  position: number
  /** What its PKCS#12 file calls it (friendlyName), as one safe line. */
  name?: string
  aside?: true
}

export interface FoundCertificate extends Place {
  certificate: Certificate
}

export interface FoundKey extends Place {
  /** Made when it is asked for: most keys of a folder only have to be known by their public half. */
  open(): KeyObject
  publicKeySha256: string
  /** Whether a passphrase had to open it. */
  wasLocked: boolean
  /** Permission bits of its file. */
  mode?: number
}

/** Something that was not read, and what may be missing because of it. */
export interface Unread {
  finding: Finding
  hides: 'certificate' | 'key' | 'either'
  aside?: true
}

/** What some files hold. */
export interface Upload {
  certificates: FoundCertificate[]
  keys: FoundKey[]
  unread: Unread[]
  /** Lines that are neither certificate nor key, by file. */
  textAround: { file: string; lines: number; notAscii?: true }[]
  /** Files that are not plain PEM. */
  forms: FileForm[]
  others: OtherThing[]
}
