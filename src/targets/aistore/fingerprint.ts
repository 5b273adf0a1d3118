import { X509Certificate } from 'node:crypto'

/** SHA-256 of the first certificate in a PEM text, as OpenSSL writes it; nothing where there is none. */
export function fingerprintIn(text: string): string | undefined {
  try {
    return new X509Certificate(text).fingerprint256
  } catch {
    return undefined
  }
}
