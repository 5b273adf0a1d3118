import type { Certificate } from './certificate.ts'
import { forbiddenName } from './name-constraints.ts'
import { labelOf } from './summary.ts'

/** A CA that allows less than what stands below it. */
export interface Overstepped {
  below: Certificate
  above: Certificate
  /** A clause without a full stop. */
  reason: string
  /** Whether it was signed, and only may not be: it is the CA's limits that it breaks. */
  limited?: true
}

/**
 * The lowest CA whose own limits the chain below it does not keep: how many CAs may follow (RFC 5280,
 * 4.2.1.9), and which names it may vouch for (4.2.1.10).
 *
 * @param chain leaf first, with the root where it is known
 */
export function overstepped(chain: readonly Certificate[]): Overstepped | undefined {
  for (const [index, above] of chain.entries()) {
    const below = chain[index - 1]
    if (!below) continue
    const reason =
      noCa(above) ?? tooDeep(above, chain.slice(1, index)) ?? notPermitted(above, chain, index)
    if (reason) return { below, above, reason, limited: true }
  }
  return undefined
}

/** What signs others must say that it is a CA, a root too (OpenSSL and Go refuse it); version 1 cannot. */
function noCa(above: Certificate): string | undefined {
  if (above.isCa || above.version < 3) return undefined
  return `${labelOf(above)} is no CA`
}

function tooDeep(above: Certificate, between: readonly Certificate[]): string | undefined {
  const cas = between.filter(each => !each.selfIssued).length
  if (above.pathLength === undefined || cas <= above.pathLength) return undefined
  return `${labelOf(above)} allows ${above.pathLength} CAs below it, here are ${cas}`
}

/** Constraints bind all that follows but self-issued CAs: those only carry a key over. */
function notPermitted(
  above: Certificate,
  chain: readonly Certificate[],
  index: number,
): string | undefined {
  const { constrainedNames } = above
  if (!constrainedNames) return undefined
  for (const [at, each] of chain.slice(0, index).entries()) {
    if (at > 0 && each.selfIssued) continue
    const outside = forbiddenName(constrainedNames, each)
    if (outside) return `${labelOf(above)} may not vouch for ${outside} (name constraints)`
  }
  return undefined
}
