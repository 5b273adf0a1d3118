import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'

type Version = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** What a client trusts and offers. */
export interface ContextOptions {
  /** PEM certificates that are trusted. */
  roots: readonly string[]
  /** PEM of our own certificate and key, where the server asks clients for one. */
  client?: { chain: string; key: string }
  minVersion?: Version
  maxVersion?: Version
}

/** The same in the words of node:tls. */
export function contextOptions(options: ContextOptions): SecureContextOptions {
  const { roots, client, minVersion, maxVersion } = options
  const old = minVersion === 'TLSv1' || minVersion === 'TLSv1.1'
  return {
    ca: [...roots],
    ...(client ? { cert: client.chain, key: client.key } : {}),
    ...(minVersion ? { minVersion } : {}),
    ...(maxVersion ? { maxVersion } : {}),
    // OpenSSL 3 offers TLS 1.0 and 1.1 only at security level 0: needed to see them refused.
    ...(old ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
  }
}

/** The context of a range of versions, made once; undefined where the pair is none. */
export type Contexts = (
  versions?: Pick<ContextOptions, 'minVersion' | 'maxVersion'>,
) => SecureContext | undefined

/** For many connections with the same trust: to read the public roots takes 20 ms each time. */
export function sharedContexts(trust: Pick<ContextOptions, 'roots' | 'client'>): Contexts {
  const made = new Map<string, SecureContext | undefined>()
  return (versions = {}) => {
    const key = `${versions.minVersion} ${versions.maxVersion}`
    if (!made.has(key)) made.set(key, created({ ...trust, ...versions }))
    return made.get(key)
  }
}

function created(options: ContextOptions): SecureContext | undefined {
  try {
    return createSecureContext(contextOptions(options))
  } catch {
    return undefined // each connection says itself what is wrong with them
  }
}
