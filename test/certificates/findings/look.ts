import type { CertificateFindingId } from '../../../src/certificates/findings.ts'
import { judge } from '../../../src/certificates/gate.ts'
import type { JudgeInput } from '../../../src/certificates/judgement.ts'
import type { Upload } from '../../../src/certificates/upload.ts'
import {
  family,
  type Made,
  make,
  now,
  profile,
  upload,
  type Wish,
} from '../../support/certificates.ts'

/** For each id what hits it, and what only just does not: what each finds. */
export type Cases = Record<CertificateFindingId, { hit: () => string[]; near: () => string[] }>

export const { root, issuing, leaf } = family()
export const good = { 'fullchain.pem': leaf.pem + issuing.pem, 'key.pem': leaf.keyPem }
export const other = make({ ca: true, cn: 'Other Root' })
/** A second, in days. */
export const second = 1 / 86_400

type Files = Record<string, string | Buffer>
type More = Partial<JudgeInput>

/** The ids of what is found. */
export function look(files: Upload | Files, more: More = {}): string[] {
  const read = 'unread' in files ? (files as Upload) : upload(files as Files)
  const input = { ...read, profile: profile(), now, systemRoots: [root.pem], ...more }
  return judge(input).findings.map(({ id }) => id)
}

/** A chain file with its key. */
export function files(made: Made, above: Made[] = [issuing]): Files {
  return { 'c.pem': made.pem + above.map(({ pem }) => pem).join(''), 'k.pem': made.keyPem }
}

/** What is found of a leaf that is as a good one but for some wishes. */
export function withLeaf(wish: Wish, more: More = {}): string[] {
  return look(files(make({ issuer: issuing, ...wish })), more)
}

/** The same of a CA above a good leaf. */
export function withCa(wish: Wish, more: More = {}): string[] {
  const ca = make({ ca: true, cn: 'CA', issuer: root, ...wish })
  return look(files(make({ issuer: ca }), [ca]), more)
}
