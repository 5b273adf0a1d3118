import { formatLeft } from '../duration.ts'
import type { Finding } from '../findings.ts'
import { quoteCommand } from '../process/quote.ts'
import type { Certificate } from './certificate.ts'
import { day, minute } from './dates.ts'
import type { KeyUse } from './extensions.ts'
import { judgeNames } from './judge-names.ts'
import { found, idOf, type JudgeInput } from './judgement.ts'
import { keyTypeText, leafKeyOf } from './key-type.ts'
import type { CertificateProfile } from './profile.ts'
import { issuerLabelOf, labelOf } from './summary.ts'

/** What this target and its clients have against a leaf, whatever stands above it. */
export function judgeLeaf(leaf: Certificate, input: JudgeInput): Finding[] {
  const { profile, now } = input
  const findings = [
    ...judgeRole(leaf, profile),
    ...judgeKeyType(leaf, profile),
    ...judgeNames(leaf, input),
    ...judgeDates(leaf, now),
    ...judgeUses(leaf, profile),
    ...judgeKeyUsage(leaf, profile),
    ...judgeStaple(leaf, profile),
  ]
  const certificate = idOf(leaf)
  return findings.map(each => ({ ...each, certificate }))
}

function judgeRole(leaf: Certificate, { caLeaf }: CertificateProfile): Finding[] {
  if (!leaf.isCa) return []
  const openssl = leaf.selfSigned ? ' (what openssl req -x509 makes when not told otherwise)' : ''
  return [
    found('cert.leaf-is-ca', {
      subject: labelOf(leaf),
      evidence: `basicConstraints CA:TRUE${openssl}`,
      fix: leaf.selfSigned
        ? `Make one for a server: ${quoteCommand(['secure-endpoint', 'cert', 'issue', ...issuable(leaf)])} (with openssl: req -x509 -addext basicConstraints=critical,CA:FALSE)`
        : 'Order a certificate for a server (CA:FALSE) from that authority.',
      ...(caLeaf === 'accepted' ? { severity: 'warns' } : {}),
    }),
  ]
}

/** The names that a leaf is for, as `cert issue` takes them. */
function issuable({ dnsNames, ipAddresses, commonName }: Certificate): string[] {
  const names = [...dnsNames, ...ipAddresses].slice(0, 3)
  return names.length > 0 ? names : [commonName ?? 'NAME']
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

function judgeDates(leaf: Certificate, now: number): Finding[] {
  const { notBefore, notAfter } = leaf
  const subject = labelOf(leaf)
  const evidence = `valid from ${day(notBefore)} to ${day(notAfter)}`
  if (now > notAfter) {
    const title = `The certificate ${formatLeft(notAfter - now)}.`
    const fix = leaf.selfSigned
      ? `Make a new one: ${quoteCommand(['secure-endpoint', 'cert', 'issue', ...issuable(leaf)])}`
      : `Order a new one from ${issuerLabelOf(leaf)}, or who sold it to you; the same key can be used again.`
    return [found('cert.expired', { title, subject, evidence, fix })]
  }
  if (now < notBefore) {
    const title = `The certificate is valid only from ${minute(notBefore)} on.`
    const fix = `Wait for ${formatLeft(notBefore - now)}, or set the clock of this machine: it says ${minute(now)}.`
    return [found('cert.not-yet-valid', { title, subject, evidence, fix })]
  }
  // clocks of clients are a few minutes slow now and then, as Kerberos allows them to be
  const young = now - notBefore < 300_000 ? [justIssued(leaf, now)] : []
  // two thirds of its life is when rotation is due
  if (notAfter - now >= (notAfter - notBefore) / 3) return young
  const seen = `${formatLeft(notAfter - now)} left, ${evidence}`
  const fix = 'Take a newer one if there is one, or rotate soon.'
  return [...young, found('cert.expires-soon', { subject, evidence: seen, fix })]
}

function justIssued(leaf: Certificate, now: number): Finding {
  return found('cert.just-issued', {
    subject: labelOf(leaf),
    evidence: `valid from ${minute(leaf.notBefore)} on, it is ${minute(now)}`,
    fix: 'Wait some minutes, or order one that begins an hour ago, as public authorities make them.',
  })
}

const kinds = { serverAuth: 'servers', clientAuth: 'clients' } as const

function judgeUses(leaf: Certificate, { extendedKeyUsage }: CertificateProfile): Finding[] {
  const allowed = leaf.extendedKeyUsage
  const lacking = allowed ? extendedKeyUsage.filter(use => !allowed.includes(use)) : []
  if (lacking.length === 0) return []
  return [
    found('cert.eku', {
      title: `The certificate is not made for ${lacking.map(use => kinds[use]).join(' and ')}.`,
      subject: labelOf(leaf),
      evidence: `allowed uses: ${allowed?.join(', ') || 'none'}; needed: ${extendedKeyUsage.join(', ')}`,
      fix: `Order one for ${extendedKeyUsage.map(use => kinds[use]).join(' and ')}: with the extended key usage ${extendedKeyUsage.join(', ')}.`,
    }),
  ]
}

/** Any of these lets a key serve TLS for OpenSSL (check_purpose_ssl_server); browsers want the first. */
const serverUses: readonly KeyUse[] = ['digitalSignature', 'keyEncipherment', 'keyAgreement']

function judgeKeyUsage(leaf: Certificate, { strict, clients }: CertificateProfile): Finding[] {
  const { keyUsage } = leaf
  if (!keyUsage || keyUsage.includes('digitalSignature')) return []
  const none = !serverUses.some(use => keyUsage.includes(use))
  const why = none
    ? 'OpenSSL (curl, Python), Chrome and Firefox refuse it; Go and rustls do not look.'
    : 'In TLS 1.3 the server proves itself with a signature. Chrome and Firefox refuse it; OpenSSL, Go and rustls accept it.'
  return [
    found('cert.key-usage', {
      subject: labelOf(leaf),
      evidence: `keyUsage: ${keyUsage.join(', ') || 'nothing'}; digitalSignature is missing`,
      why,
      fix: 'Order one with the key usage digitalSignature.',
      ...(none || strict || clients?.includes('chrome') ? { severity: 'blocks' } : {}),
    }),
  ]
}

function judgeStaple(leaf: Certificate, { staples, target }: CertificateProfile): Finding[] {
  if (!leaf.mustStaple || staples === true) return []
  const known = staples === false
  return [
    found('cert.must-staple', {
      ...(known
        ? {}
        : {
            severity: 'warns',
            why: 'Clients that honour the request refuse it from a server that does not staple.',
          }),
      title: known
        ? `The certificate asks for a stapled OCSP response, and ${target} sends none.`
        : 'The certificate asks for a stapled OCSP response, which few servers send.',
      subject: labelOf(leaf),
      evidence: 'TLS feature status_request (must-staple)',
      fix: 'Order one without must-staple.',
    }),
  ]
}
