import { type GetOptions, getOffer, type Offer } from './get-offer.ts'

export type { Offer } from './get-offer.ts'

interface OfferOptions {
  /** Whether an address of a private network may be asked. */
  mayBePrivate?: boolean
  /** Whether only what was got before is wanted, and nobody asked. */
  onlyKnown?: boolean
  /** Told right before the address is asked. */
  onAsk?: () => void
}

/** What an authority offers at an address that a certificate names. */
export type GetOffered = (url: string, options?: OfferOptions) => Promise<Offer>

/** Asks each address once, however often it is asked for: all gates of a run see the same. */
export function createOffers(net: Omit<GetOptions, 'mayBePrivate'> = {}): GetOffered {
  const known = new Map<string, Promise<Offer>>()
  return async (url, { mayBePrivate = false, onlyKnown = false, onAsk } = {}) => {
    const before = known.get(url)
    const said = await before
    // what was refused for want of agreement is asked for with it
    const again = said && 'refused' in said && said.private && mayBePrivate
    if (said && !again) return said
    if (onlyKnown) return { refused: 'a rehearsal asks nobody, the run would' }
    onAsk?.()
    const asked = getOffer(url, { ...net, mayBePrivate })
    known.set(url, asked)
    return asked
  }
}
