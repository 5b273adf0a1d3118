import type { OpTable } from '../plan/op.ts'
import type { Target } from '../targets/target.ts'
import { azureDnsOps } from './azure-dns.ts'
import { certificateOps } from './certificate.ts'
import { dnsOps } from './dns.ts'
import { lossOps } from './loss.ts'
import { proofOps } from './proof.ts'
import { recordOps } from './record.ts'

/** Every op that a plan of a target may name. */
export function opsOf(target: Pick<Target, 'ops'>): OpTable {
  return {
    ...certificateOps,
    ...dnsOps,
    ...azureDnsOps,
    ...proofOps,
    ...lossOps,
    ...recordOps,
    ...target.ops,
  }
}
