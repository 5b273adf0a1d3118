import { type Anchors, createAnchors } from './anchors.ts'
import { overstepped } from './ca-limits.ts'
import type { Certificate } from './certificate.ts'
import { buildChain } from './chain.ts'
import { withUnread } from './hidden.ts'
import { isPublicRoot, judgeChain } from './judge-chain.ts'
import { judgeCrls } from './judge-crls.ts'
import { isTooDeep } from './judge-end.ts'
import { judgeKey } from './judge-key.ts'
import { judgeLeaf } from './judge-leaf.ts'
import { judgeRules } from './judge-rules.ts'
import { found, type JudgeInput, type Judgement, sorted } from './judgement.ts'
import { passedOver } from './passed-over.ts'
import { type Picked, pickLeaf } from './pick-leaf.ts'
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
  const { profile, now } = input
  const unique = eachOnce(certificates)
  const picked = pick(unique, input)
  const leaf = picked.leaf?.certificate
  if (!leaf) {
    return blocked(withUnread([leafMissing(input), ...judgeKey(input, picked)], input, picked))
  }
  const { onlyRoots = false, crls = [] } = input
  const anchors = input.anchors ?? anchorsOf(input)
  const handedIn = unique.filter(each => each !== picked.leaf).map(({ certificate }) => certificate)
  const spare = (given.spare ?? []).map(({ certificate }) => certificate)
  const others = [
    ...new Map([...spare, ...handedIn].map(each => [each.fingerprint, each])).values(),
  ]
  const chain = buildChain(leaf, others, anchors, now, {
    onlyTrusted: onlyRoots,
    accepts: way => isWanted(way, input),
  })
  const seen = [
    ...judgeKey(input, picked),
    ...judgeLeaf(leaf, input),
    ...judgeChain(chain, input, anchors),
    ...judgeCrls(chain, crls, now),
    ...judgeRules(chain, profile, () => isPublicRoot(chain.root, input, anchors), input.known),
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
    ...(picked.key ? { openKey: picked.key.open } : {}),
  }
}

/** Where trust begins for a judgement. */
export function anchorsOf(
  input: Pick<JudgeInput, 'roots' | 'systemRoots' | 'onlyRoots' | 'now'>,
): Anchors {
  const { roots = [], systemRoots = [], onlyRoots, now } = input
  return createAnchors(roots, onlyRoots ? [] : systemRoots, now)
}

/** A leaf is looked for among what was named as such; what was named as a CA can be it, too. */
function pick(certificates: readonly FoundCertificate[], input: JudgeInput): Picked {
  const { keys, profile, now, leafFiles } = input
  const first = leafFiles && certificates.filter(({ file }) => leafFiles.includes(file))
  const picked = first && pickLeaf(first, keys, profile.names, now)
  return picked?.leaf ? picked : pickLeaf(certificates, keys, profile.names, now)
}

/** Whether a way is better than another: where one of several keeps all rules, it is taken. */
function isWanted(way: readonly Certificate[], { profile, maxDepth, crls, now }: JudgeInput) {
  const links = [...way]
  const root = links.at(-1)
  if (!root || overstepped(way) || isTooDeep(way, maxDepth)) return false
  if (judgeCrls({ links, root }, crls ?? [], now).length > 0) return false
  if (!profile.strict) return true
  const current = way.every(each => each.notBefore <= now && now <= each.notAfter)
  return current && judgeRules({ links, root }, profile, () => true).length === 0
}

function blocked(findings: Judgement['findings']): Judgement {
  return { verdict: 'blocked', findings: sorted(findings), repairs: [], diff: [], chain: [] }
}

function leafMissing({ certificates, keys }: JudgeInput) {
  const labels = certificates.map(({ certificate, file }) => `${labelOf(certificate)} in ${file}`)
  const files = [...new Set(keys.map(({ file }) => file))]
  const evidence =
    labels.length > 0
      ? `only CA certificates: ${labels.slice(0, 5).join(', ')}${files.length > 0 ? `; the key in ${files.join(', ')} belongs to none of them` : ''}`
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
