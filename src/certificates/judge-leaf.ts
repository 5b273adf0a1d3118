import { formatLeft } from '../duration.ts'
import type { Finding } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import type { Certificate } from './certificate.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { day, minute } from './dates.ts'
import { found } from './judgement.ts'
import { keyTypeText, leafKeyOf } from './key-type.ts'
import type { CertificateProfile } from './profile.ts'
import { labelOf } from './summary.ts'

/** What this target and its clients have against a leaf, whatever stands above it. */
export function judgeLeaf(leaf: Certificate, profile: CertificateProfile, now: number): Finding[] {
  return [
    ...judgeRole(leaf, profile),
    ...judgeKeyType(leaf, profile),
    ...judgeNames(leaf, profile.names),
    ...judgeDates(leaf, now),
    ...judgeUses(leaf, profile),
    ...judgeStaple(leaf, profile),
  ]
}

function judgeRole(leaf: Certificate, { caLeaf }: CertificateProfile): Finding[] {
  if (!leaf.isCa) return []
  const openssl = leaf.selfSigned ? ' (what openssl req -x509 makes when not told otherwise)' : ''
  return [
    found('cert.leaf-is-ca', {
      subject: labelOf(leaf),
      evidence: `basicConstraints CA:TRUE${openssl}`,
      fix: 'Make it anew with CA:FALSE: openssl req -x509 -addext basicConstraints=critical,CA:FALSE …',
      ...(caLeaf === 'accepted' ? { severity: 'warns' } : {}),
    }),
  ]
}

function judgeKeyType(leaf: Certificate, { keys, target }: CertificateProfile): Finding[] {
  const kind = leafKeyOf(leaf.keyType)
  if (kind && keys.includes(kind)) return []
  const type = leaf.keyType === 'unknown' ? 'an unknown type' : `type ${keyTypeText(leaf.keyType)}`
  return [
    found('cert.key-type', {
      title: `${target} cannot use a key of ${type}.`,
      subject: labelOf(leaf),
      evidence: `${leaf.keyType}; what it can use: ${keys.join(', ')}`,
      fix: `Order a certificate for a key of type ${keys[0] ?? 'rsa'}.`,
    }),
  ]
}

function judgeNames(leaf: Certificate, names: readonly string[]): Finding[] {
  const held = names.map(name => ({ name: oneLine(name), ...coverageOf(leaf, name) }))
  const bare = held.filter(isUncovered)
  const onlyCn = bare.filter(({ onlyCommonName }) => onlyCommonName)
  const missing = bare.filter(({ onlyCommonName }) => !onlyCommonName)
  const subject = labelOf(leaf)
  const findings: Finding[] = []
  if (onlyCn.length > 0) {
    findings.push(
      found('cert.name-only-cn', {
        title: `${listed(onlyCn.map(({ name }) => name))} stands only in the common name (CN).`,
        subject,
        evidence: `CN ${leaf.commonName}; ${namesIn(leaf)}`,
        fix: 'Order one with that name in the SAN.',
      }),
    )
  }
  if (missing.length > 0) {
    const hints = missing.flatMap(({ hint }) => hint ?? [])
    findings.push(
      found('cert.name-missing', {
        title: `No name in it covers ${listed(missing.map(({ name }) => name))}.`,
        subject,
        evidence: [namesIn(leaf), ...new Set(hints)].join('; '),
        fix:
          missing.length > 1
            ? 'Order one with those names, or change the domain.'
            : 'Order one with that name, or change the domain.',
      }),
    )
  }
  return findings
}

type Uncovered = { name: string } & Extract<Coverage, { covered: false }>

function isUncovered(each: { name: string } & Coverage): each is Uncovered {
  return !each.covered
}

function namesIn({ dnsNames, ipAddresses, otherNames }: Certificate): string {
  const all = [...dnsNames, ...ipAddresses, ...otherNames]
  return all.length === 0 ? 'it has no SAN' : `names: ${listed(all, 10)}`
}

function listed(names: readonly string[], most = 3): string {
  const more = names.length - most
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function judgeDates(leaf: Certificate, now: number): Finding[] {
  const { notBefore, notAfter } = leaf
  const subject = labelOf(leaf)
  const evidence = `valid from ${day(notBefore)} to ${day(notAfter)}`
  if (now > notAfter) {
    const title = `The certificate ${formatLeft(notAfter - now)}.`
    const fix = 'Order a new one; the same key can be used again.'
    return [found('cert.expired', { title, subject, evidence, fix })]
  }
  if (now < notBefore) {
    const title = `The certificate is valid only from ${minute(notBefore)} on.`
    const fix = `Wait for ${formatLeft(notBefore - now)}, or set the clock of this machine: it says ${minute(now)}.`
    return [found('cert.not-yet-valid', { title, subject, evidence, fix })]
  }
  // two thirds of its life is when rotation is due
  if (notAfter - now >= (notAfter - notBefore) / 3) return []
  const seen = `${formatLeft(notAfter - now)} left, ${evidence}`
  const fix = 'Take a newer one if there is one, or rotate soon.'
  return [found('cert.expires-soon', { subject, evidence: seen, fix })]
}

function judgeUses(leaf: Certificate, { extendedKeyUsage }: CertificateProfile): Finding[] {
  const allowed = leaf.extendedKeyUsage
  const lacking = allowed ? extendedKeyUsage.filter(use => !allowed.includes(use)) : []
  if (lacking.length === 0) return []
  return [
    found('cert.eku', {
      title: `The certificate does not allow ${lacking.join(' and ')}.`,
      subject: labelOf(leaf),
      evidence: `allowed uses: ${allowed?.join(', ') || 'none'}; needed: ${extendedKeyUsage.join(', ')}`,
      fix: `Order one with the extended key usage ${extendedKeyUsage.join(', ')}.`,
    }),
  ]
}

function judgeStaple(leaf: Certificate, { staples, target }: CertificateProfile): Finding[] {
  if (!leaf.mustStaple || staples) return []
  return [
    found('cert.must-staple', {
      title: `The certificate asks for a stapled OCSP response, and ${target} sends none.`,
      subject: labelOf(leaf),
      evidence: 'TLS feature status_request (must-staple)',
      fix: 'Order one without must-staple.',
    }),
  ]
}
