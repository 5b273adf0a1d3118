import type { Finding } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import { quoteCommand } from '../process/quote.ts'
import type { Certificate } from './certificate.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import { found, type JudgeInput } from './judgement.ts'
import { labelOf } from './summary.ts'

/** Whether clients find the wanted names in a leaf. */
export function judgeNames(
  leaf: Certificate,
  { profile: { names, strict }, isPublicSuffix }: JudgeInput,
): Finding[] {
  const held = names.map(name => ({ name: oneLine(name), ...coverageOf(leaf, name) }))
  const bare = held.filter(isUncovered)
  const onlyCn = bare.filter(({ onlyCommonName }) => onlyCommonName)
  const missing = bare.filter(({ onlyCommonName }) => !onlyCommonName)
  const subject = labelOf(leaf)
  const findings = held.flatMap(each =>
    each.covered ? judgeWildcard(leaf, each.by, isPublicSuffix, strict) : [],
  )
  if (onlyCn.length > 0) {
    findings.push(
      found('cert.name-only-cn', {
        title: `${listed(onlyCn.map(({ name }) => name))} stands only in the common name (CN).`,
        subject,
        evidence: `CN ${leaf.commonName}; ${namesIn(leaf)}`,
        fix: `Order one with that name in the SAN. This makes such a request: ${quoteCommand(['secure-endpoint', 'cert', 'issue', '--csr', ...onlyCn.slice(0, 3).map(({ name }) => name)])}`,
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

/** A wildcard that covers a name, but stands where everybody can own names. */
function judgeWildcard(
  leaf: Certificate,
  by: string,
  isPublicSuffix: JudgeInput['isPublicSuffix'] = host => !host.includes('.'),
  strict = false,
): Finding[] {
  if (!by.startsWith('*.') || !isPublicSuffix(by.slice(2))) return []
  return [
    found('cert.name-wide', {
      title: `Its wildcard ${by} stands for all names of a public suffix.`,
      subject: labelOf(leaf),
      evidence: `${by}; ${by.slice(2)} is a public suffix (publicsuffix.org)`,
      fix: 'Order one for the name itself.',
      ...(strict ? { severity: 'blocks' } : {}),
    }),
  ]
}
