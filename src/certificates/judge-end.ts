import type { Finding } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import type { Certificate } from './certificate.ts'
import type { Chain } from './chain.ts'
import { issuerUrlsOf } from './issuer-urls.ts'
import { found, idOf, type JudgeInput } from './judgement.ts'
import { issuerLabelOf, labelOf, shortFingerprint } from './summary.ts'

/** Whether the way from the leaf comes to where trust begins, and is not too long. */
export function judgeEnd(chain: Chain, input: JudgeInput): Finding[] {
  const { links, end, root } = chain
  const top = links.at(-1)
  if (!top) return []
  switch (end.state) {
    case 'complete':
      return judgeDepth(chain, input)
    case 'broken':
      return [broken(end)]
    case 'missing':
      // above the leaf stands one CA at least, else it is that one which is missing
      return [input.rootOptional && links.length > 1 ? privateRoot(top) : missing(top, input)]
    case 'untrusted':
      return root ? [untrusted(root, input)] : []
    case 'too-many':
      return [
        found('cert.too-large', {
          title: 'There are too many certificates of one name.',
          subject: issuerLabelOf(top),
          evidence: 'more than 1,000 signature checks',
          fix: 'Name a file with the leaf and its intermediates alone.',
        }),
      ]
  }
}

function broken(end: Extract<Chain['end'], { state: 'broken' }>): Finding {
  const { below, above, reason, limited } = end
  return found('cert.link-broken', {
    ...(limited
      ? {
          title: `${labelOf(above)} was not allowed to issue what stands below it.`,
          why: 'A CA can be limited to some names, or to a number of CAs below it; clients check that.',
        }
      : {}),
    subject: labelOf(below),
    evidence: `${labelOf(below)}, signed by ${issuerLabelOf(below)}: ${reason}`,
    fix: limited
      ? `Order the certificate from another CA, or ask those who run ${labelOf(above)} to widen its limits.`
      : 'Take the full chain file that came with this very certificate.',
    certificate: idOf(below),
  })
}

function missing(top: Certificate, { onlyRoots, certificates }: JudgeInput): Finding {
  const id = top.authorityKeyId ? ` (key id ${top.authorityKeyId})` : ''
  const files = [...new Set(certificates.map(({ file }) => file))].slice(0, 5).join(', ')
  const trust = onlyRoots ? 'is none of the named roots' : 'this machine does not trust'
  const [url] = issuerUrlsOf(top)
  const fetched =
    url === undefined
      ? ''
      : ` Its authority offers it at ${oneLine(url).slice(0, 200)}: cert check --fetch takes it from there, and so does repair: [intermediate] in answers.`
  return found('cert.intermediate-missing', {
    title: `The certificate of ${issuerLabelOf(top)} is missing.`,
    subject: labelOf(top),
    evidence: `${labelOf(top)} is signed by ${top.issuer || 'an issuer without a name'}${id}, which no file holds and ${trust}; looked for in ${files}`,
    fix: `Take the full chain file of the authority, often fullchain.pem or ca-bundle, or name the missing file: --intermediates (in answers certificate.intermediates), for a private root --roots (certificate.roots).${fetched}`,
    certificate: idOf(top),
  })
}

function privateRoot(top: Certificate): Finding {
  return found('cert.root-private', {
    title: `Only clients that trust ${issuerLabelOf(top)} accept it.`,
    subject: labelOf(top),
    evidence: `${labelOf(top)} is signed by ${issuerLabelOf(top)}, which no file holds and this machine does not trust`,
    fix: 'Hold it against the root that your clients trust: --roots FILE. If it is no root, it is missing here.',
    certificate: idOf(top),
  })
}

function untrusted(root: Certificate, { roots = [] }: JudgeInput): Finding {
  const named = roots.slice(0, 3).map(labelOf).join(', ') || 'none that can be read'
  return found('cert.root-untrusted', {
    subject: labelOf(root),
    evidence: `it leads to ${labelOf(root)}, ${shortFingerprint(root.fingerprint)}; named: ${named}`,
    fix: 'Name the root that it leads to, or take the chain of the named one.',
    certificate: idOf(root),
  })
}

function judgeDepth({ links, root }: Chain, { maxDepth }: JudgeInput): Finding[] {
  const way = [...new Set(root ? [...links, root] : links)]
  const [leaf] = links
  if (!leaf || !isTooDeep(way, maxDepth)) return []
  return [
    found('cert.too-deep', {
      subject: labelOf(leaf),
      evidence: `${depthOf(way)} between leaf and root; allowed: ${maxDepth}`,
      fix: 'Take a certificate of a CA nearer to the root, or allow more.',
      certificate: idOf(leaf),
    }),
  ]
}

/** Whether more CAs stand between leaf and root than are allowed. */
export function isTooDeep(way: readonly Certificate[], most: number | undefined): boolean {
  return most !== undefined && depthOf(way) > most
}

/** CAs between leaf and root; one that only carries a key over (self-issued) does not count. */
function depthOf(way: readonly Certificate[]): number {
  return way.slice(1, -1).filter(each => !each.selfIssued).length
}
