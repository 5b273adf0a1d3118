import { issueAuthority, issueLeaf } from '../certificates/issue.ts'
import { keyPem } from '../certificates/private-key.ts'
import type { CertificateProfile, KeyType } from '../certificates/profile.ts'
import { writePair } from '../ops/certificate.ts'
import type { Op, OpTable } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import type { StageFault } from './faults.ts'
import { brokenChain } from './pair.ts'

/**
 * The ops that a fault needs otherwise: a pair whose chain is broken, or that is for another name,
 * stands in for the one that the plan makes or keeps.
 */
export function faultOps(fault: StageFault | undefined): OpTable {
  if (fault === 'chain') return bothWays(chainFault)
  return fault === 'name' ? bothWays(nameFault) : {}
}

function bothWays(run: Op['run']): OpTable {
  const op: Op = { changes: false, run, printed: () => [], shell: () => [] }
  return { 'certificate.issue': op, 'certificate.keep': op }
}

const chainFault: Op['run'] = async (input, ctx) => {
  const { profile, keyType } = pairOf(input)
  const { leaf, root } = await brokenChain(profile, keyType, ctx.world)
  return writePair(ctx, 'self-signed', [leaf.certificate], keyPem(leaf.key), [root.certificate])
}

const nameFault: Op['run'] = async (input, ctx) => {
  const { profile, keyType } = pairOf(input)
  const surroundings = { now: ctx.world.clock.now(), random: ctx.world.random }
  const request = { names: ['another-name.invalid'], keyType, days: 1, ...surroundings }
  const authority = await issueAuthority(request)
  const { extendedKeyUsage } = profile
  const leaf = await issueLeaf({ ...request, extendedKeyUsage, authority })
  return writePair(ctx, 'self-signed', [leaf.certificate], keyPem(leaf.key), [
    authority.certificate,
  ])
}

function pairOf(input: Record<string, Json>): { profile: CertificateProfile; keyType: KeyType } {
  const { profile, keyType = 'ecdsa-p256' } = (input.generate ?? input) as unknown as {
    profile: CertificateProfile
    keyType?: KeyType
  }
  return { profile, keyType }
}
