import type { Anchors } from './anchors.ts'
import { type Overstepped, overstepped } from './ca-limits.ts'
import { type Certificate, isSignedBy } from './certificate.ts'
import { labelOf } from './summary.ts'
import { waysUp } from './ways.ts'

/** The way from a leaf to where trust begins. */
export interface Chain {
  /** Leaf first, without the root; a self-signed leaf stands alone. */
  links: Certificate[]
  /** What still follows in the files after the last link: cross-signed CAs for older clients. */
  beyond: Certificate[]
  /** The root, or other trusted certificate, that the links lead to; the leaf where it is its own. */
  root?: Certificate
  end: ChainEnd
}

type ChainEnd =
  | { state: 'complete' }
  /** Nobody is here who signed the last link. */
  | { state: 'missing' }
  /** Somebody of the right name is here, but did not sign it or may not. */
  | ({ state: 'broken' } & Overstepped)
  /** It leads to a root, and to none of those that count. */
  | { state: 'untrusted' }
  /** More certificates of one name than can be tried. */
  | { state: 'too-many' }

/** Signature checks in one chain: honest files need under ten, made-up ones could need millions. */
const mostChecks = 1000

export type IssuersOf = (certificate: Certificate) => Certificate[]

export interface Wanted {
  /** Whether only a way to a trusted root counts, none to any self-signed certificate. */
  onlyTrusted?: boolean
  /** Whether a way will do, leaf first and with its root: if the shortest does not, others are tried. */
  accepts?: (way: readonly Certificate[]) => boolean
}

/**
 * Finds the shortest way from a leaf to a trusted root, by real signatures. Ways over certificates
 * that are valid now come first, and ways to a trusted root before those to any self-signed one; the
 * result does not depend on the order of `bag`.
 *
 * @param bag all other certificates, each once
 */
export function buildChain(
  leaf: Certificate,
  bag: readonly Certificate[],
  anchors: Anchors,
  now: number,
  { onlyTrusted = false, accepts = keepsLimits }: Wanted = {},
): Chain {
  const counted = { checks: 0 }
  const issuersOf = issuerFinder(bag, now, counted)
  const currentIssuersOf: IssuersOf = each => issuersOf(each).filter(isCurrent(now))
  const trusted = (each: Certificate) => anchors.above(each)
  const selfSigned = (each: Certificate) => (each.selfSigned ? each : undefined)
  const found =
    search(leaf, currentIssuersOf, trusted) ??
    (onlyTrusted ? undefined : search(leaf, currentIssuersOf, selfSigned)) ??
    search(leaf, issuersOf, trusted) ??
    search(leaf, issuersOf, selfSigned)
  if (!found) {
    const links = longest(leaf, issuersOf)
    const end =
      counted.checks > mostChecks ? { state: 'too-many' as const } : whyOpen(links, bag, issuersOf)
    return { links, beyond: [], end }
  }
  const isTrusted = !onlyTrusted || anchors.above(found.root) !== undefined
  const best = bestWay(found, leaf, issuersOf, anchors, accepts)
  const { path, root } = best
  const links = path.length > 1 && path.at(-1)?.selfSigned ? path.slice(0, -1) : path
  const beyond = leaf.selfSigned ? [] : followingLinks(links, issuersOf)
  const broken = overstepped([...new Set([...links, root])])
  const state = isTrusted ? ('complete' as const) : ('untrusted' as const)
  return { links, beyond, root, end: broken ? { state: 'broken', ...broken } : { state } }
}

interface Way {
  path: Certificate[]
  root: Certificate
}

function keepsLimits(way: readonly Certificate[]): boolean {
  return overstepped(way) === undefined
}

/** The shortest way, or where that will not do the first one that does. */
function bestWay(
  shortest: Way,
  leaf: Certificate,
  issuersOf: IssuersOf,
  anchors: Anchors,
  accepts: (way: readonly Certificate[]) => boolean,
): Way {
  const whole = ({ path, root }: Way) => [...new Set([...path, root])]
  if (accepts(whole(shortest))) return shortest
  const rootsOf = (each: Certificate) => anchors.allAbove(each)
  for (const way of waysUp(leaf, issuersOf, rootsOf)) if (accepts(whole(way))) return way
  return shortest
}

/** Breadth first, each certificate once: no number of cross-signatures makes this slow. */
function search(
  leaf: Certificate,
  issuersOf: IssuersOf,
  goal: (certificate: Certificate) => Certificate | undefined,
): { path: Certificate[]; root: Certificate } | undefined {
  const below = new Map<Certificate, Certificate | undefined>([[leaf, undefined]])
  for (const each of below.keys()) {
    const root = goal(each)
    if (root) return { path: pathFrom(each, below), root }
    for (const issuer of issuersOf(each)) if (!below.has(issuer)) below.set(issuer, each)
  }
  return undefined
}

/** The way that comes furthest, where none comes to an end. */
function longest(leaf: Certificate, issuersOf: IssuersOf): Certificate[] {
  const below = new Map<Certificate, Certificate | undefined>([[leaf, undefined]])
  for (const each of below.keys()) {
    for (const issuer of issuersOf(each)) if (!below.has(issuer)) below.set(issuer, each)
  }
  const paths = [...below.keys()].map(each => pathFrom(each, below))
  return paths.reduce((best, path) => (path.length > best.length ? path : best))
}

function pathFrom(
  top: Certificate,
  below: ReadonlyMap<Certificate, Certificate | undefined>,
): Certificate[] {
  const path: Certificate[] = []
  for (let each: Certificate | undefined = top; each; each = below.get(each)) path.unshift(each)
  return path
}

/** Why the last link leads nowhere: nobody of the right name is here, or not the right one. */
function whyOpen(
  links: readonly Certificate[],
  bag: readonly Certificate[],
  issuersOf: IssuersOf,
): ChainEnd {
  const below = links.at(-1)
  if (!below) return { state: 'missing' }
  const signers = issuersOf(below)
  const [above] = bag
    .filter(each => each !== below && hasNameOfIssuer(each, below) && !signers.includes(each))
    .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
  if (!above) return { state: 'missing' }
  return { state: 'broken', below, above, reason: whyNotIssuer(above, below) }
}

function followingLinks(links: readonly Certificate[], issuersOf: IssuersOf): Certificate[] {
  const all = [...links]
  for (let top = all.at(-1); top; ) {
    const next = issuersOf(top).find(each => !each.selfSigned && !all.includes(each))
    if (next) all.push(next)
    top = next
  }
  return all.slice(links.length)
}

function issuerFinder(
  bag: readonly Certificate[],
  now: number,
  counted: { checks: number },
): IssuersOf {
  const known = new Map<Certificate, Certificate[]>()
  const current = isCurrent(now)
  const sorted = [...bag].sort(
    (a, b) =>
      Number(current(b)) - Number(current(a)) ||
      b.notAfter - a.notAfter ||
      (a.fingerprint < b.fingerprint ? -1 : 1),
  )
  const issued = (child: Certificate, issuer: Certificate) => {
    if (child === issuer || !maySign(issuer) || !child.x509.checkIssued(issuer.x509)) return false
    counted.checks += 1
    return counted.checks <= mostChecks && isSignedBy(child.x509, issuer.publicKey)
  }
  return child => {
    const issuers = known.get(child) ?? sorted.filter(each => issued(child, each))
    known.set(child, issuers)
    return issuers
  }
}

/** Old roots of version 1 have no extension that could say that they are CAs. */
function maySign(certificate: Certificate): boolean {
  return certificate.isCa || (certificate.version === 1 && certificate.selfSigned)
}

function isCurrent(now: number) {
  return ({ notBefore, notAfter }: Certificate) => notBefore <= now && now <= notAfter
}

function hasNameOfIssuer(certificate: Certificate, child: Certificate): boolean {
  return certificate.subject !== '' && certificate.subject === child.issuer
}

function whyNotIssuer(issuer: Certificate, child: Certificate): string {
  const { keyUsage, subjectKeyId } = issuer
  if (!maySign(issuer)) return `${labelOf(issuer)} is no CA`
  if (keyUsage && !keyUsage.includes('keyCertSign')) {
    return `${labelOf(issuer)} may not sign certificates`
  }
  if (subjectKeyId && child.authorityKeyId && subjectKeyId !== child.authorityKeyId) {
    return `it was signed with key ${child.authorityKeyId}, the CA here has ${subjectKeyId}`
  }
  return 'the signature does not fit the key of the CA'
}
