import { kubectlObjects } from '../../kubernetes/kubectl.ts'
import type { Place } from '../../kubernetes/place.ts'
import { textIn } from '../../kubernetes/secret.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import { barePems } from '../../net/roots.ts'
import type { Performing } from '../../plan/op.ts'
import { fingerprintIn } from '../aistore/fingerprint.ts'
import { resourceKind, tlsIn } from './resource.ts'

/** PEM texts; empty where there is none. */
interface Kept {
  /** The chain and the roots of before. */
  chain: string
  roots: string
  /** The chain of the new pair. */
  fresh: string
}

/**
 * Why what the pods mount is not the pair of before, in words: somebody has put another one there, and pods
 * may serve it. Undefined where it is that one, or the new one that an earlier try of this run has put there,
 * or where there is none to be lost.
 */
export async function otherPair(
  { place, resource, secret }: { place: Place; resource: string; secret: string },
  { chain, roots, fresh }: Kept,
  ctx: Performing,
): Promise<string | undefined> {
  const found = await readSecret({ place, name: secret }, ctx)
  if (!found) return undefined
  const [held, before, ours] = [textIn(found, 'tls.crt'), chain, fresh].map(fingerprintIn)
  if (held === before) {
    const known = barePems(roots + chain)
    const trusted = barePems(textIn(found, 'ca.crt'))
    const isKnown = trusted.length === 0 || trusted.some(pem => known.includes(pem))
    return isKnown ? undefined : 'ca.crt holds another root than that of the recorded pair'
  }
  // only after all pods were started for it does a run put the new pair there
  if (held !== undefined && held === ours) {
    const [object] = await kubectlObjects(place, ['get', resourceKind, resource], ctx)
    if (object && tlsIn(object).startedWith === ours) return undefined
  }
  return `it holds ${short(held)}, the record has ${short(before)}`
}

function short(leaf: string | undefined): string {
  return leaf === undefined ? 'no certificate' : `leaf ${leaf.slice(0, 11)}`
}
