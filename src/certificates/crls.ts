import { type Finding, finding } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import { type Crl, readCrl } from './crl.ts'
import { DerError } from './der.ts'
import { certificateFindings } from './findings.ts'
import { cutPem } from './pem.ts'
import type { UploadedFile } from './upload.ts'

/** A list of a large public authority has some MiB; more is not read. */
const mostBytes = 16 * 1024 * 1024

/** Reads the lists of revoked certificates in some files, PEM or DER; what cannot be read blocks. */
export function readCrls(files: readonly UploadedFile[]): { crls: Crl[]; findings: Finding[] } {
  const crls: Crl[] = []
  const findings: Finding[] = []
  for (const { path, bytes } of files) {
    const bad = (evidence: string) =>
      findings.push(
        finding(certificateFindings, 'cert.crl-unusable', {
          subject: oneLine(path),
          evidence,
          fix: 'Name a file with a line -----BEGIN X509 CRL-----, or one in DER.',
        }),
      )
    if (bytes.length > mostBytes) {
      bad('more than 16 MiB')
      continue
    }
    const lists =
      bytes[0] === 0x30
        ? [bytes]
        : cutPem(bytes).blocks.flatMap(({ kind, der }) => (kind === 'revocations' ? [der] : []))
    if (lists.length === 0) bad('no list of revoked certificates is in it')
    for (const list of lists) {
      try {
        crls.push(readCrl(list))
      } catch (error) {
        if (!(error instanceof DerError)) throw error
        bad(error.message)
      }
    }
  }
  return { crls, findings }
}
