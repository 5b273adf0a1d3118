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
}

/** Where something stood. */
export interface Place {
  /** The path, as one safe line. */
  file: string
  /** Which certificate, or which key, of its file it is, from 1. */
  position: number
}

export interface FoundCertificate extends Place {
  certificate: Certificate
}

export interface FoundKey extends Place {
  key: KeyObject
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
}

/** What some files hold. */
export interface Upload {
  certificates: FoundCertificate[]
  keys: FoundKey[]
  unread: Unread[]
  /** Lines that are neither certificate nor key, by file. */
  textAround: { file: string; lines: number; notAscii?: true }[]
}
