import type { Finding } from '../findings.ts'
import type { Certificate } from './certificate.ts'
import type { Chain } from './chain.ts'
import { type Crl, plainSerial } from './crl.ts'
import { day, minute } from './dates.ts'
import { found, idOf } from './judgement.ts'
import { labelOf } from './summary.ts'

/**
 * Whether certificates of a chain are revoked, by the lists of those that signed them. A list of
 * somebody else says nothing here; one of the right issuer that cannot be relied on blocks.
 */
export function judgeCrls(
  { links, root }: Pick<Chain, 'links' | 'root'>,
  crls: readonly Crl[],
  now: number,
): Finding[] {
  const all = root && !links.includes(root) ? [...links, root] : [...links]
  return all.flatMap((certificate, at) => {
    const above = all.slice(at + 1)
    return crls.flatMap(crl => {
      const issuer = signerOf(crl, above)
      return issuer ? judgeCrl(certificate, issuer, crl, now) : []
    })
  })
}

/**
 * The CA right above, or where it changed its key the same CA with another one further up (RFC 5280,
 * 6.3.3: the list's signer is on a way to the same root); none for the list of another CA of its name.
 */
function signerOf(crl: Crl, [issuer, ...further]: readonly Certificate[]): Certificate | undefined {
  if (!issuer || !crl.issuerDer.equals(issuer.subjectDer)) return undefined
  const same = further.filter(each => each.subjectDer.equals(issuer.subjectDer))
  return [issuer, ...same].find(
    ({ subjectKeyId }) =>
      !crl.authorityKeyId || !subjectKeyId || crl.authorityKeyId === subjectKeyId,
  )
}

function judgeCrl(certificate: Certificate, issuer: Certificate, crl: Crl, now: number): Finding[] {
  const fault = faultOf(crl, issuer, now)
  if (fault) {
    return [
      found('cert.crl-unusable', {
        title: `The list of revoked certificates of ${labelOf(issuer)} cannot be relied on.`,
        subject: labelOf(issuer),
        evidence: `${fault}; from ${day(crl.thisUpdate)}`,
        fix: 'Fetch the current list from the authority, or leave --crls out.',
        certificate: idOf(issuer),
      }),
    ]
  }
  const revoked = crl.revoked.get(plainSerial(certificate.serial))
  if (revoked === undefined) return []
  return [
    found('cert.revoked', {
      title: `${labelOf(certificate)} has been revoked.`,
      subject: labelOf(certificate),
      evidence: `serial ${certificate.serial} stands in the list of ${labelOf(issuer)}, revoked ${minute(revoked)}`,
      fix: 'Order a new certificate with a new key.',
      certificate: idOf(certificate),
    }),
  ]
}

function faultOf(crl: Crl, issuer: Certificate, now: number): string | undefined {
  if (crl.faults[0]) return crl.faults[0]
  if (issuer.keyUsage && !issuer.keyUsage.includes('cRLSign')) {
    return `${labelOf(issuer)} may not sign such lists (cRLSign)`
  }
  if (!issuer.publicKey || !crl.signedBy(issuer.publicKey)) {
    return `its signature is not by the key of ${labelOf(issuer)}`
  }
  if (now < crl.thisUpdate) return `it is valid only from ${minute(crl.thisUpdate)} on`
  if (crl.nextUpdate !== undefined && now > crl.nextUpdate) {
    return `it ran out on ${minute(crl.nextUpdate)}`
  }
  return undefined
}
