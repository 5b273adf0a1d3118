import type { OfferedAt } from '../certificates/judgement.ts'
import { type Line, span } from '../front/words/line.ts'

/** Said before an authority is asked for a certificate: whom, and at which address. */
export function fetchLine({ host, url }: OfferedAt): Line {
  return [span(`Asking ${host} for the missing certificate: ${url}`)]
}
