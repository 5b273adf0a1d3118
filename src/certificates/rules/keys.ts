import { rsaBits } from '../key-type.ts'
import { oids } from '../oids.ts'
import { everyRole, type Role, type Rule, says } from './rule.ts'

/** Hash that a signature of a curve must be made with. */
const hashOfCurve: Readonly<Record<string, string>> = {
  'ecdsa-p256': 'sha256',
  'ecdsa-p384': 'sha384',
  'ecdsa-p521': 'sha512',
}

/** Signatures that clients check; that of a root is its own. */
const signedRoles: readonly Role[] = ['leaf', 'intermediate']

/** Which keys and signatures are allowed, and how they are written. */
export const keyRules: readonly Rule[] = [
  {
    id: 'cert.key-form',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5480, 2.1.1',
    refusedBy: ['go', 'rustls', 'chrome'],
    check: ({ anatomy: { keyAlgorithm, namedCurve } }) =>
      says(
        keyAlgorithm === oids.ecPublicKey && !namedCurve,
        'its curve is written out instead of named',
      ),
  },
  {
    id: 'cert.key-form',
    roles: everyRole,
    set: 'cab',
    source: 'CA/Browser Forum BR, 6.1.5 and 7.1.3.1',
    check: ({ certificate: { keyType }, anatomy: { keyAlgorithm } }) => {
      const rsa = keyAlgorithm === oids.rsa ? rsaBits(keyType) : undefined
      if (rsa !== undefined) {
        return says(rsa < 2048 || rsa % 8 !== 0, `its RSA key has ${rsa} bits`)
      }
      return says(hashOfCurve[keyType] === undefined, `its key is of type ${keyType}`)
    },
  },
  {
    id: 'cert.key-form',
    roles: everyRole,
    set: 'cab',
    source: 'CA/Browser Forum BR, 6.1.6',
    check: ({ certificate: { publicKey } }) => {
      const exponent = publicKey?.asymmetricKeyDetails?.publicExponent
      return says(
        exponent !== undefined && (exponent < 3n || exponent % 2n === 0n),
        `the exponent of its RSA key is ${exponent}`,
      )
    },
  },
  {
    id: 'cert.signature-form',
    roles: signedRoles,
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.3.2',
    check: ({ certificate: { signatureHash }, issuer }) => {
      const wanted = issuer && hashOfCurve[issuer.keyType]
      if (wanted) {
        return says(signatureHash !== wanted, `signed with ${signatureHash} by a key for ${wanted}`)
      }
      return says(
        !['sha256', 'sha384', 'sha512'].includes(signatureHash),
        `signed with the hash ${signatureHash}`,
      )
    },
  },
]
