import type { Client } from './rules/rule.ts'

/** Key types that can be made here, and that a profile can name. */
export const keyTypes = [
  'ecdsa-p256',
  'ecdsa-p384',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
  'ed25519',
] as const
export type KeyType = (typeof keyTypes)[number]

/**
 * What leaf, chain and key must look like for one target. The target's facts decide it, the gate
 * holds an upload against it and the issuer makes leaves after it.
 */
export interface CertificateProfile {
  /** The target as findings name it: "SkyServe". */
  target: string
  /** Names and IP addresses that the leaf must cover. */
  names: readonly string[]
  /** Whether a root at the end of the chain file is left out, or needed. */
  root: 'left-out' | 'needed'
  /** Uses that the leaf must allow when it names any. */
  extendedKeyUsage: readonly ('serverAuth' | 'clientAuth')[]
  /** Whether the server can open an encrypted key. */
  encryptedKey: 'refused' | 'accepted'
  /** Leaf key types that the server and its named clients can use. */
  keys: readonly LeafKey[]
  /** Whether the server sends OCSP responses: a must-staple leaf needs it. */
  staples: boolean | 'unknown'
  /** `accepted` where server and named clients take a CA certificate for a leaf; it only warns then. */
  caLeaf?: 'accepted'
  /** Clients of this target whose refusals block; by default OpenSSL's: curl, Python, and most servers. */
  clients?: readonly Client[]
  /** Whether everything blocks that RFC 5280 and the CA/Browser Forum's rules forbid. */
  strict?: boolean
}

export type LeafKey = 'rsa' | 'rsa-pss' | 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'ed25519'

/** How a self-signed leaf is made: the answers under `certificate`. */
export interface SelfSigned {
  authority: 'local' | 'none'
  keyType: KeyType
  days: number
  /** More SANs beside those that the profile needs. */
  names: readonly string[]
}
