/** The one submodule of node-forge that is used so far; its own types only cover the whole package. */
declare module 'node-forge/lib/asn1.js' {
  export interface Asn1 {
    tagClass: number
    type: number
    constructed: boolean
    /** One character a byte, or the parts. */
    value: string | Asn1[]
  }
  interface ByteString {
    getBytes(): string
  }
  const asn1: {
    toDer(node: Asn1): ByteString
    oidToDer(oid: string): ByteString
    derToOid(bytes: string): string
  }
  export default asn1
}
