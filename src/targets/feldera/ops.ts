import { helmOps } from '../../kubernetes/helm/restore.ts'
import { kubernetesOps } from '../../kubernetes/ops.ts'
import type { OpTable } from '../../plan/op.ts'
import { foundLookOp, keepFoundOp } from './keep.ts'
import { pipelineOps } from './pipelines.ts'
import { stateOp } from './state.ts'

export const felderaOps: OpTable = {
  ...kubernetesOps,
  ...helmOps,
  ...pipelineOps,
  'feldera.keep-found': keepFoundOp,
  'feldera.found-look': foundLookOp,
  'feldera.state': stateOp,
}
