import type { KeyObject } from 'node:crypto'
import * as der from './der.ts'
import * as write from './extension-writers.ts'
import { leafKeyUsage, leafTitle, readNames } from './issue.ts'
import { publicKeyDer } from './key-type.ts'
import { pemBlock } from './lock-key.ts'
import { oids } from './oids.ts'
import type { CertificateProfile } from './profile.ts'
import { signed } from './sign.ts'
import { type SubjectPart, writeSubject } from './subject.ts'

export interface RequestContent {
  /** DNS names and IP addresses for the SAN. */
  names: readonly string[]
  subject: readonly SubjectPart[]
  extendedKeyUsage: CertificateProfile['extendedKeyUsage']
}

/** The attribute that holds the extensions that are asked for (RFC 2985, 5.4.2). */
const extensionRequest = '1.2.840.113549.1.9.14'

/**
 * A certificate request (PKCS#10, RFC 2986) as PEM: names, uses, and that the leaf is no CA.
 *
 * @throws Problem when a name is neither a DNS name nor an IP address
 */
export function certificateRequest(content: RequestContent, key: KeyObject): string {
  const names = readNames(content.names)
  const [type, value] = leafTitle(names)
  const title: SubjectPart | undefined = type === oids.commonName ? ['CN', value] : undefined
  const extensions = der.sequence(
    write.basicConstraints(false),
    write.keyUsage(leafKeyUsage(key)),
    write.extendedKeyUsage(content.extendedKeyUsage),
    write.subjectAltName(names),
  )
  const information = der.sequence(
    der.integer(0),
    writeSubject(content.subject, title),
    publicKeyDer(key),
    der.context(0, der.sequence(der.oid(extensionRequest), der.set(extensions))),
  )
  return pemBlock('CERTIFICATE REQUEST', signed(information, key))
}
