import type { CertificateFindingId } from '../../../src/certificates/findings.ts'
import type { RepairKind } from '../../../src/certificates/repair-kinds.ts'
import type { CheckOptions } from '../../../src/commands/cert/check.ts'
import { family, type Made, make, type Wish } from '../../support/certificates.ts'

/** What somebody hands in, and what is to be said of it. */
export interface ZooUpload {
  /** `c.pem` is the chain and `k.pem` the key, where it has them. */
  files: Record<string, string | Buffer>
  flags?: Partial<CheckOptions>
  verdict: 'ok' | 'repaired' | 'blocked'
  /** Every id that is found, sorted. */
  ids: CertificateFindingId[]
  repairs?: RepairKind[]
  /** Why it is blocked although `openssl verify` accepts the certificate. */
  openssl?: string
  /** Why it is blocked although `certtool --verify` accepts it and `openssl verify` does not. */
  certtool?: string
  /** Why other tools are not asked. */
  alone?: string
  /** What `kubectl create secret tls` does with it. */
  kubectl?: 'accepts' | 'refuses'
}

export type Zoo = Record<string, ZooUpload>

export const { root, issuing, leaf } = family()
export const chain = leaf.pem + issuing.pem
export const other = make({ ca: true, cn: 'Other Root' })

/** A chain file with its key. */
export function files(made: Made, above: readonly Made[] = [issuing]) {
  return { 'c.pem': made.pem + above.map(({ pem }) => pem).join(''), 'k.pem': made.keyPem }
}

/** A leaf that is as a good one but for some wishes. */
export function withLeaf(wish: Wish) {
  return files(make({ issuer: issuing, ...wish }))
}

/** A good leaf below a CA that is as a good one but for some wishes. */
export function withCa(wish: Wish, leafWish: Wish = {}) {
  const ca = make({ ca: true, cn: 'Zoo CA', issuer: root, ...wish })
  return files(make({ issuer: ca, ...leafWish }), [ca])
}
