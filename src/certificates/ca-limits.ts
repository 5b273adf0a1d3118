import type { Certificate } from './certificate.ts'
import { permits } from './constraints.ts'
import { parseName } from './name.ts'
import { labelOf } from './summary.ts'

/** A CA that allows less than what stands below it. */
export interface Overstepped {
  below: Certificate
  above: Certificate
  /** A clause without a full stop. */
  reason: string
}

/**
 * The lowest CA whose own limits the chain below it does not keep: how many CAs may follow (RFC 5280,
 * 4.2.1.9), and which names of the leaf it may vouch for (4.2.1.10).
 *
 * @param chain leaf first, with the root where it is known
 */
export function overstepped(chain: readonly Certificate[]): Overstepped | undefined {
  const [leaf] = chain
  for (const [index, above] of chain.entries()) {
    const below = chain[index - 1]
    if (!leaf || !below) continue
    const reason = tooDeep(above, chain.slice(1, index)) ?? notPermitted(above, leaf)
    if (reason) return { below, above, reason }
  }
  return undefined
}

function tooDeep(above: Certificate, between: readonly Certificate[]): string | undefined {
  const cas = between.filter(each => !each.selfIssued).length
  if (above.pathLength === undefined || cas <= above.pathLength) return undefined
  return `${labelOf(above)} allows ${above.pathLength} CAs below it, here are ${cas}`
}

function notPermitted(above: Certificate, leaf: Certificate): string | undefined {
  const { nameConstraints } = above
  if (!nameConstraints) return undefined
  const outside = [...leaf.dnsNames, ...leaf.ipAddresses].find(text => {
    const name = parseName(text)
    return name !== undefined && !permits(nameConstraints, name)
  })
  return outside && `${labelOf(above)} may not vouch for ${outside} (name constraints)`
}
