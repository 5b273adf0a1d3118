import type { CertificateAnswers } from '../answers/answers.ts'
import { problem, usage } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { TargetAbout } from '../targets/target.ts'

/**
 * Refuses a certificate that somebody else manages where the target does not take one, or where its
 * key would be needed here.
 */
export function mustManage(
  certificate: CertificateAnswers,
  { title, managedBy = [] }: TargetAbout,
  bringBack: boolean,
): void {
  if (certificate.source !== 'managed') return
  if (!managedBy.includes(certificate.via))
    throw problem(exitCodes.data, {
      id: 'certificate.not-managed',
      subject: 'certificate.source',
      evidence: `${title}: ${certificate.via}`,
      fix: 'Choose another source: self-signed, or uploaded with the files that it has issued.',
    })
  if (bringBack)
    throw usage(
      `--undo: ${certificate.via} has the key of the certificate before, it is not kept here.`,
      'Have a new one issued, for example with cmctl renew; then: secure-endpoint rotate NAME',
    )
}
