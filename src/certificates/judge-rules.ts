import type { Finding } from '../findings.ts'
import { anatomyOf } from './anatomy.ts'
import type { Certificate } from './certificate.ts'
import type { Chain } from './chain.ts'
import { DerError } from './der.ts'
import { certificateFindings } from './findings.ts'
import { found, idOf } from './judgement.ts'
import type { CertificateProfile } from './profile.ts'
import { whoAccepts } from './rules/clients.ts'
import { rules } from './rules/index.ts'
import type { Client, Role, Rule, RuleView } from './rules/rule.ts'
import { labelOf } from './summary.ts'

type Broken = Pick<Rule, 'id' | 'source' | 'refusedBy'> & { evidence: string }

const defaultClients: readonly Client[] = ['openssl']

/**
 * Holds every certificate of a chain against RFC 5280, and against the CA/Browser Forum's rules where
 * they bind its authority. It blocks where a client of the target refuses it, or under the strict
 * profile.
 *
 * @param isPublic whether the root is one that browsers trust
 * @param known what was found before, for a caller who judges many chains of the same CAs
 */
export function judgeRules(
  { links, root }: Pick<Chain, 'links' | 'root'>,
  profile: CertificateProfile,
  isPublic: () => boolean,
  known: Map<string, Finding[]> = new Map(),
): Finding[] {
  const cab = profile.strict === true || isPublic()
  const all = root && !links.includes(root) ? [...links, root] : [...links]
  return all.flatMap((certificate, at) => {
    const issuer = all[at + 1] ?? (certificate.selfSigned ? certificate : undefined)
    const role: Role = at === 0 ? 'leaf' : certificate === root ? 'root' : 'intermediate'
    const id = `${role} ${cab} ${certificate.fingerprint} ${issuer?.fingerprint}`
    const found = known.get(id) ?? judgeOne({ certificate, role, issuer }, profile, cab)
    known.set(id, found)
    return found
  })
}

function judgeOne(
  {
    certificate,
    role,
    issuer,
  }: { certificate: Certificate; role: Role; issuer?: Certificate | undefined },
  profile: CertificateProfile,
  cab: boolean,
): Finding[] {
  const purpose = profile.extendedKeyUsage.includes('serverAuth') ? 'serverAuth' : 'clientAuth'
  const anatomy = readAnatomy(certificate)
  const view = { certificate, role, purpose, ...(issuer ? { issuer } : {}) } as const
  if (!anatomy) return [toFinding([unread], view, profile)]
  const broken = rules.flatMap((rule): Broken[] => {
    if (!rule.roles.includes(role) || (rule.set === 'cab' && !cab)) return []
    // clients trust a root as it is, but for what they are known to refuse
    if (role === 'root' && !profile.strict && !rule.refusedBy) return []
    const evidence = rule.check({ ...view, anatomy })
    return evidence === undefined ? [] : [{ ...rule, evidence }]
  })
  const ids = [...new Set(broken.map(({ id }) => id))]
  return ids.map(id =>
    toFinding(
      broken.filter(each => each.id === id),
      view,
      profile,
    ),
  )
}

/** OpenSSL opens certificates with fields that are not what they must be. */
const unread: Broken = {
  id: 'cert.extension-form',
  source: 'RFC 5280, 4',
  refusedBy: ['go', 'rustls', 'chrome'],
  evidence: 'a field or extension of it cannot be read',
}

function readAnatomy(certificate: Certificate) {
  try {
    return anatomyOf(certificate)
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

function toFinding(
  broken: readonly Broken[],
  { certificate, role }: Omit<RuleView, 'anatomy'>,
  { strict, clients = defaultClients }: CertificateProfile,
): Finding {
  const [{ id }] = broken as [Broken, ...Broken[]]
  const refusedBy = [...new Set(broken.flatMap(each => each.refusedBy ?? []))]
  const blocks = strict === true || refusedBy.some(client => clients.includes(client))
  return found(id, {
    severity: blocks ? 'blocks' : 'warns',
    subject: labelOf(certificate),
    evidence: broken.map(({ evidence, source }) => `${evidence} (${source})`).join('; '),
    why: `${certificateFindings[id].why} ${whoAccepts(refusedBy)}`,
    fix: fixFor(role, certificate),
    certificate: idOf(certificate),
  })
}

function fixFor(role: Role, certificate: Certificate): string {
  if (role === 'leaf') return 'Order a new one, and tell the authority what is wrong with this one.'
  const which = role === 'root' ? 'root' : 'CA'
  return `Tell those who run the ${which} ${labelOf(certificate)}: it must be made anew.`
}
