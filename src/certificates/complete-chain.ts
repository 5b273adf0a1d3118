import type { GetOffered } from '../net/offers.ts'
import { oneLine } from '../process/plain-text.ts'
import { quoteCommand } from '../process/quote.ts'
import type { Certificate } from './certificate.ts'
import { judge } from './gate.ts'
import { issuerUrlsOf } from './issuer-urls.ts'
import type { JudgeInput, Judgement, OfferedAt, Spare } from './judgement.ts'

const missingId = 'cert.intermediate-missing'
/** A chain has two or three certificates above its leaf. */
const mostFetched = 4

export interface Fetching {
  offered: GetOffered
  /** Whether an address of a private network may be asked: that of a company's own authority. */
  mayBePrivate: boolean
  /** Told right before an address is asked. */
  onAsk?: (place: OfferedAt) => void
}

/** The address at which an authority offers the certificate that is missing. */
export function offeredAt(judged: Judgement, input: JudgeInput): OfferedAt | undefined {
  const below = belowMissing(judged, input)
  const [url] = below ? issuerUrlsOf(below) : []
  return url === undefined ? undefined : placeOf(url)
}

/**
 * Judges anew with what the certificate's authority offers, as long as a certificate is missing. Asks the
 * network: only where somebody agreed to that.
 */
export async function judgeFetched(
  judged: Judgement,
  input: JudgeInput,
  { offered, mayBePrivate, onAsk }: Fetching,
): Promise<Judgement> {
  const fetched: Spare[] = []
  let current = judged
  for (;;) {
    const spare = [...(input.spare ?? []), ...fetched]
    const below = belowMissing(current, { ...input, spare })
    if (!below || issuerUrlsOf(below).length === 0 || fetched.length === mostFetched) return current
    const { fetchIssuer } = await import('./fetch-issuer.ts')
    const found = await fetchIssuer(below, url =>
      offered(url, { mayBePrivate, onAsk: () => onAsk?.(placeOf(url)) }),
    )
    if (!found.spare) return notFetched(current, found.failed)
    fetched.push(found.spare)
    current = judge({ ...input, spare: [...spare, found.spare] })
  }
}

interface Failed {
  url: string
  why: string
  private?: true
}

function notFetched(judged: Judgement, failed: readonly Failed[]): Judgement {
  const [first] = failed
  const asked = failed.map(({ url, why }) => `${url}: ${why}`).join('; ')
  const inside = failed.find(each => each.private)
  const fix = inside
    ? `If this is the authority of your own network, agree to that: cert check --fetch-private, in answers repair: [intermediate, private-network]. Else fetch the file yourself and name it.`
    : `Fetch the file yourself, and name it (--intermediates, in answers certificate.intermediates): ${oneLine(quoteCommand(['curl', '-fsSo', 'ca.crt', first?.url ?? '']))}`
  const findings = judged.findings.map(each =>
    each.id === missingId
      ? { ...each, evidence: `${each.evidence}; not fetched from ${asked}`, fix }
      : each,
  )
  return { ...judged, findings, ...(inside ? { offeredAt: placeOf(inside.url, inside.why) } : {}) }
}

function placeOf(url: string, inside?: string): OfferedAt {
  return {
    host: oneLine(new URL(url).host),
    url: oneLine(url).slice(0, 200),
    ...(inside === undefined ? {} : { private: inside }),
  }
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
