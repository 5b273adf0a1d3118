import { formatLeft } from '../duration.ts'
import type { Finding } from '../findings.ts'
import { publicRoots as nodeRoots } from '../net/roots.ts'
import { type Anchors, isAmong } from './anchors.ts'
import type { Certificate } from './certificate.ts'
import type { Chain } from './chain.ts'
import { day } from './dates.ts'
import { judgeEnd } from './judge-end.ts'
import { found, idOf, type JudgeInput } from './judgement.ts'
import { keyTypeText, rsaBits } from './key-type.ts'
import { lifetimeDays, longestLifetime } from './lifetime.ts'
import type { CertificateProfile } from './profile.ts'
import { issuerLabelOf, labelOf, shortFingerprint } from './summary.ts'

/** What clients and this target have against the way from the leaf to its root. */
export function judgeChain(chain: Chain, input: JudgeInput, anchors: Anchors): Finding[] {
  return [
    ...judgeEnd(chain, input),
    ...judgeUses(chain, input.profile),
    ...judgeStrength(chain),
    ...judgeLinkDates(chain, input.now, anchors),
    ...judgeRoot(chain, input, anchors),
    ...judgeLifetime(chain, input, anchors),
  ]
}

/** OpenSSL and Go hold every CA of the chain to its uses, too, where it names any. */
function judgeUses({ links, root }: Chain, { extendedKeyUsage }: CertificateProfile): Finding[] {
  const cas = [...new Set(root ? [...links, root] : links)].slice(1)
  return cas.flatMap(ca => {
    const allowed = ca.extendedKeyUsage
    const lacking = allowed ? extendedKeyUsage.filter(use => !allowed.includes(use)) : []
    if (lacking.length === 0) return []
    return [
      found('cert.eku', {
        title: `The CA ${labelOf(ca)} may not vouch for ${lacking.join(' and ')}.`,
        subject: labelOf(ca),
        evidence: `allowed uses: ${allowed?.join(', ') || 'none'}; needed: ${extendedKeyUsage.join(', ')}`,
        fix: 'Order a certificate from a CA for servers.',
        certificate: idOf(ca),
      }),
    ]
  })
}

function judgeStrength({ links, root }: Chain): Finding[] {
  const all = [...new Set(root ? [...links, root] : links)]
  const weakKeys = all.flatMap(each => {
    const bits = rsaBits(each.keyType)
    if (bits === undefined || bits >= 2048) return []
    const evidence = `${labelOf(each)} has ${keyTypeText(each.keyType)}`
    const fix = 'Order a certificate for a key of RSA 2048 or more, or of EC P-256.'
    const certificate = idOf(each)
    return [found('cert.weak-key', { subject: labelOf(each), evidence, fix, certificate })]
  })
  // nobody checks the signature of a root: it is trusted as it is
  const weakSignatures = links.flatMap(each => {
    if (!['md2', 'md5', 'sha1'].includes(each.signatureHash)) return []
    const evidence = `${labelOf(each)} is signed with ${each.signatureHash.toUpperCase()}`
    const fix = 'Order a new one; every authority signs with SHA-256 or better today.'
    const certificate = idOf(each)
    return [found('cert.weak-signature', { subject: labelOf(each), evidence, fix, certificate })]
  })
  return [...weakKeys, ...weakSignatures]
}

function judgeLinkDates(chain: Chain, now: number, anchors: Anchors): Finding[] {
  const { links, beyond, root } = chain
  // clients take the root that they have, which can be a newer one of the same key
  const roots = root && !anchors.isKnownHere(root) ? [root] : []
  const above = [...new Set([...links, ...roots])].slice(1)
  return [
    ...above.flatMap(each => judgeLinkDate(each, now, 'blocks')),
    ...beyond.flatMap(each => judgeLinkDate(each, now, 'warns')),
  ]
}

function judgeLinkDate(
  certificate: Certificate,
  now: number,
  severity: 'blocks' | 'warns',
): Finding[] {
  const { notBefore, notAfter } = certificate
  if (notBefore <= now && now <= notAfter) return []
  const label = labelOf(certificate)
  const what =
    now > notAfter ? formatLeft(notAfter - now) : `is valid only from ${day(notBefore)} on`
  return [
    found('cert.link-expired', {
      title: `${label} ${what}.`,
      severity,
      subject: label,
      evidence: `valid from ${day(notBefore)} to ${day(notAfter)}`,
      fix: 'Take the current chain file of the authority; the leaf can stay when its key did.',
      certificate: idOf(certificate),
    }),
  ]
}

function judgeRoot(chain: Chain, input: JudgeInput, anchors: Anchors): Finding[] {
  const { profile, roots = [], onlyRoots } = input
  const { links, root, end } = chain
  const [leaf] = links
  if (end.state !== 'complete' || !root || !leaf) return []
  const findings: Finding[] = []
  if (profile.root === 'needed' && !root.selfSigned) {
    findings.push(
      found('cert.root-needed', {
        title: `The root is missing, and ${profile.target} needs it in the chain.`,
        subject: issuerLabelOf(root),
        evidence: `the chain ends with ${labelOf(root)}, signed by ${issuerLabelOf(root)}`,
        fix: 'Name the file of the root: certificate.roots.',
      }),
    )
  }
  if (onlyRoots || anchors.isKnownHere(root)) return findings
  const seen = `${labelOf(root)}, ${shortFingerprint(root.fingerprint)}`
  const otherRoot = roots.length > 0 && !anchors.isGiven(root)
  findings.push(
    found('cert.root-private', {
      title: `Only clients that trust ${labelOf(root)} accept it.`,
      subject: labelOf(root),
      evidence: root === leaf ? `${seen}: the leaf signed itself` : seen,
      certificate: idOf(root),
      fix: `Give the clients its certificate: the status screen shows how.`,
      ...(otherRoot
        ? {
            severity: 'warns',
            title: 'The chain leads to another root than the one that was named.',
            fix: 'Name this root as certificate.roots, or take the chain of the named one.',
          }
        : {}),
    }),
  )
  return findings
}

/** Whether browsers trust a root; the rules of the CA/Browser Forum bind such alone. */
export function isPublicRoot(
  root: Certificate | undefined,
  { publicRoots }: Pick<JudgeInput, 'publicRoots'>,
  anchors: Anchors,
): boolean {
  if (!root || (!publicRoots && !anchors.isKnownHere(root))) return false
  return isAmong(root, publicRoots ?? nodeRoots())
}

function judgeLifetime({ links, root }: Chain, input: JudgeInput, anchors: Anchors): Finding[] {
  const [leaf] = links
  if (!leaf || !root) return []
  const days = lifetimeDays(leaf.notBefore, leaf.notAfter)
  const limit = longestLifetime(leaf.notBefore)
  if (days <= limit || !isPublicRoot(root, input, anchors)) return []
  return [
    found('cert.lifetime-long', {
      title: `The certificate lives longer than the ${limit} days that browsers allow.`,
      subject: labelOf(leaf),
      evidence: `${Math.ceil(days)} days, issued ${day(leaf.notBefore)}`,
      fix: `Order one for at most ${limit} days.`,
      certificate: idOf(leaf),
      ...(input.profile.strict ? { severity: 'blocks' } : {}),
    }),
  ]
}
