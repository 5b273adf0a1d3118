import { oneLine } from '../process/plain-text.ts'
import type { Certificate } from './certificate.ts'
import { judge } from './gate.ts'
import { httpIssuerUrls } from './issuer-urls.ts'
import type { JudgeInput, Judgement } from './judgement.ts'

const missingId = 'cert.intermediate-missing'

/** The address at which an authority offers the certificate that is missing, as one safe line. */
export function offeredAt(judged: Judgement, input: JudgeInput): string | undefined {
  const below = belowMissing(judged, input)
  const [url] = below ? httpIssuerUrls(below) : []
  return url && oneLine(url).slice(0, 200)
}

/**
 * Judges anew with what the certificate's authority offers, where a certificate is missing. Asks the
 * network: only where somebody agreed to that.
 */
export async function judgeFetched(judged: Judgement, input: JudgeInput): Promise<Judgement> {
  const below = belowMissing(judged, input)
  const url = offeredAt(judged, input)
  if (!below || url === undefined) return judged
  const { fetchIssuers } = await import('./fetch-issuer.ts')
  const fetched = await fetchIssuers(below)
  if (fetched.length > 0) return judge({ ...input, spare: [...(input.spare ?? []), ...fetched] })
  const findings = judged.findings.map(each =>
    each.id === missingId
      ? { ...each, evidence: `${each.evidence}; ${url} was asked, and gave nothing that fits` }
      : each,
  )
  return { ...judged, findings }
}

function belowMissing(
  { findings }: Judgement,
  { certificates, spare = [] }: JudgeInput,
): Certificate | undefined {
  const missing = findings.find(({ id }) => id === missingId)?.certificate
  return [...certificates, ...spare].find(
    ({ certificate }) => certificate.fingerprint === missing?.fingerprint,
  )?.certificate
}
