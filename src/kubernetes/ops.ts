import type { OpTable } from '../plan/op.ts'
import { accessOp } from './access.ts'
import { holdOp } from './lease.ts'
import { provePodsOp, provePodsPlainOp } from './pods-proof.ts'
import { restartOp } from './restart.ts'
import { rolloutOp } from './rollout.ts'
import { runningOp } from './running.ts'
import { secretOps } from './secret-ops.ts'
import { serviceOp } from './service.ts'

/** What plans of Kubernetes targets may name; a target puts them beside its own ops. */
export const kubernetesOps: OpTable = {
  ...secretOps,
  'kubernetes.access': accessOp,
  'kubernetes.hold': holdOp,
  'kubernetes.restart': restartOp,
  'kubernetes.rollout': rolloutOp,
  'kubernetes.running': runningOp,
  'kubernetes.service': serviceOp,
  'kubernetes.prove-pods': provePodsOp,
  'kubernetes.prove-pods-plain': provePodsPlainOp,
}
