import { createAnchors } from './anchors.ts'
import { buildChain } from './chain.ts'
import { withUnread } from './hidden.ts'
import { judgeChain } from './judge-chain.ts'
import { judgeKey } from './judge-key.ts'
import { judgeLeaf } from './judge-leaf.ts'
import { found, type JudgeInput, type Judgement, sorted } from './judgement.ts'
import { passedOver } from './passed-over.ts'
import { pickLeaf } from './pick-leaf.ts'
import { repair } from './repairs.ts'
import { labelOf } from './summary.ts'
import type { FoundCertificate, Place } from './upload.ts'

/**
 * The gate: whether a certificate can go into a target, and what of it. It calls no tool and reads no
 * file; the same content gives the same judgement, however it is spread over files.
 */
export function judge(given: JudgeInput): Judgement {
  const certificates = inOrder(given.certificates)
  // certificates know whole seconds, and are valid to the end of the last one
  const second = Math.floor(given.now / 1000) * 1000
  const input: JudgeInput = { ...given, certificates, keys: inOrder(given.keys), now: second }
  const { profile, now, roots = [], systemRoots = [] } = input
  const unique = eachOnce(certificates)
  const picked = pickLeaf(unique, input.keys, profile.names, now)
  const leaf = picked.leaf?.certificate
  if (!leaf) {
    return blocked(withUnread([leafMissing(input), ...judgeKey(input, picked)], input, picked))
  }
  const anchors = createAnchors(roots, systemRoots, now)
  const others = unique.filter(each => each !== picked.leaf).map(({ certificate }) => certificate)
  const chain = buildChain(leaf, others, anchors, now)
  const seen = [
    ...judgeKey(input, picked),
    ...judgeLeaf(leaf, profile, now),
    ...judgeChain(chain, input, anchors),
  ]
  const findings = withUnread(seen, input, picked, chain)
  if (findings.some(({ severity }) => severity === 'blocks')) return blocked(findings)

  const repaired = repair(chain, certificates, input, picked.key)
  return {
    verdict: repaired.repairs.length > 0 ? 'repaired' : 'ok',
    findings: sorted([
      ...findings,
      ...passedOver(input, picked, repaired.chain),
      ...repaired.notes,
    ]),
    repairs: repaired.repairs,
    diff: repaired.diff,
    chain: repaired.chain,
    ...(chain.root ? { root: chain.root } : {}),
    ...(picked.key ? { key: picked.key.key } : {}),
  }
}

function blocked(findings: Judgement['findings']): Judgement {
  return { verdict: 'blocked', findings: sorted(findings), repairs: [], diff: [], chain: [] }
}

function leafMissing({ certificates, keys }: JudgeInput) {
  const labels = certificates.map(({ certificate, file }) => `${labelOf(certificate)} in ${file}`)
  const files = [...new Set(keys.map(({ file }) => file))]
  const evidence =
    labels.length > 0
      ? `only CA certificates: ${labels.slice(0, 5).join(', ')}`
      : files.length > 0
        ? `${files.join(', ')}: a key, no certificate`
        : 'nothing was found'
  const fix = 'Name the file that the authority sent for this server, often fullchain.pem.'
  return found('cert.leaf-missing', { subject: 'the leaf', evidence, fix })
}

function inOrder<T extends Place>(places: readonly T[]): T[] {
  const order = (a: T, b: T) =>
    a.file === b.file ? a.position - b.position : a.file < b.file ? -1 : 1
  return [...places].sort(order)
}

function eachOnce(all: readonly FoundCertificate[]): FoundCertificate[] {
  const first = new Map([...all].reverse().map(each => [each.certificate.fingerprint, each]))
  return all.filter(each => first.get(each.certificate.fingerprint) === each)
}
