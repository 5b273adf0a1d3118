import type { Finding } from '../findings.ts'
import { anatomyOf } from './anatomy.ts'
import type { Certificate } from './certificate.ts'
import type { Chain } from './chain.ts'
import { certificateFindings } from './findings.ts'
import { found, idOf } from './judgement.ts'
import type { CertificateProfile } from './profile.ts'
import { whoAccepts } from './rules/clients.ts'
import { rules } from './rules/index.ts'
import type { Client, Role, Rule, RuleView } from './rules/rule.ts'
import { labelOf } from './summary.ts'

type Broken = Rule & { evidence: string }

const defaultClients: readonly Client[] = ['openssl']

/**
 * Holds every certificate of a chain against RFC 5280, and against the CA/Browser Forum's rules where
 * they bind its authority. It blocks where a client of the target refuses it, or under the strict
 * profile.
 *
 * @param isPublic whether the root is one that browsers trust
 */
export function judgeRules(
  chain: Pick<Chain, 'links' | 'root'>,
  profile: CertificateProfile,
  isPublic: () => boolean,
): Finding[] {
  const { strict = false } = profile
  const cab = strict || isPublic()
  return viewsOf(chain, profile).flatMap(view => {
    const broken = rules.flatMap((rule): Broken[] => {
      if (!rule.roles.includes(view.role) || (rule.set === 'cab' && !cab)) return []
      // clients trust a root as it is, but for what they are known to refuse
      if (view.role === 'root' && !strict && !rule.refusedBy) return []
      const evidence = rule.check(view)
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
  })
}

function viewsOf({ links, root }: Pick<Chain, 'links' | 'root'>, profile: CertificateProfile) {
  const all = root && !links.includes(root) ? [...links, root] : [...links]
  const purpose = profile.extendedKeyUsage.includes('serverAuth') ? 'serverAuth' : 'clientAuth'
  return all.map((certificate, at): RuleView => {
    const issuer = all[at + 1] ?? (certificate.selfSigned ? certificate : undefined)
    const role: Role = at === 0 ? 'leaf' : certificate === root ? 'root' : 'intermediate'
    return {
      certificate,
      anatomy: anatomyOf(certificate),
      role,
      purpose,
      ...(issuer ? { issuer } : {}),
    }
  })
}

function toFinding(
  broken: readonly Broken[],
  { certificate, role }: RuleView,
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
