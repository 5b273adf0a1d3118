/** Node's OpenSSL has no RC2 without its legacy provider, and old PKCS#12 files are made with it. */
declare module 'node-forge/lib/rc2.js' {
  import type { ByteString } from 'node-forge/lib/util.js'

  interface Cipher {
    start(iv: ByteString): void
    update(input: ByteString): void
    /** @returns whether the padding was right */
    finish(): boolean
    output: ByteString
  }
  const rc2: { createDecryptionCipher(key: ByteString, bits: number): Cipher }
  export default rc2
}
declare module 'node-forge/lib/util.js' {
  export interface ByteString {
    getBytes(): string
  }
  const util: { createBuffer(bytes: string): ByteString }
  export default util
}
