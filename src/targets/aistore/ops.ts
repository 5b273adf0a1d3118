import type { OpTable } from '../../plan/op.ts'
import { backUpOp } from './backup.ts'
import { placeByHandOp, placedByHandOp } from './by-hand/ops-by-hand.ts'
import { readyHostsOp } from './hosts/files-on-hosts.ts'
import { keepFoundOp } from './keep.ts'
import { offlineOps } from './offline/ops-offline.ts'
import { clientKeptOp, clientPairOp } from './ops-client.ts'
import { clocksOp } from './ops-clocks.ts'
import { leaveOp, shutdownOp } from './ops-down.ts'
import { placedOp, placeFilesOp } from './ops-files.ts'
import { foreignOp, rootsOp } from './ops-found.ts'
import { insideOp, joinedOp, proveJoinedOp } from './ops-joined.ts'
import { actsOp, leaveLevelOp } from './ops-level.ts'
import { loadOp, servedOp } from './ops-load.ts'
import { lookOp } from './ops-look.ts'
import { firstStartOp, gatewayOp, joinOp, leaveNewOp } from './ops-new.ts'
import { provePlainOp, proveServedOp } from './ops-proof.ts'
import { readyOp } from './ops-ready.ts'
import { setOp } from './ops-settings.ts'
import { commandOp, startOp } from './ops-start.ts'

export const aistoreOps: OpTable = {
  'aistore.look': lookOp,
  'aistore.set': setOp,
  'aistore.shutdown': shutdownOp,
  'aistore.leave': leaveOp,
  'aistore.command': commandOp,
  'aistore.start': startOp,
  'aistore.ready': readyOp,
  'aistore.back-up': backUpOp,
  'aistore.keep-found': keepFoundOp,
  'aistore.hosts': readyHostsOp,
  'aistore.foreign': foreignOp,
  'aistore.placed': placedOp,
  'aistore.place': placeFilesOp,
  'aistore.placed-by-hand': placedByHandOp,
  'aistore.place-by-hand': placeByHandOp,
  'aistore.roots': rootsOp,
  'aistore.clocks': clocksOp,
  'aistore.served': servedOp,
  'aistore.load': loadOp,
  'aistore.client-kept': clientKeptOp,
  'aistore.client-pair': clientPairOp,
  'aistore.acts': actsOp,
  'aistore.leave-level': leaveLevelOp,
  'aistore.inside': insideOp,
  'aistore.joined': joinedOp,
  'aistore.prove-joined': proveJoinedOp,
  'aistore.prove-served': proveServedOp,
  'aistore.prove-plain': provePlainOp,
  'aistore.gateway': gatewayOp,
  'aistore.first-start': firstStartOp,
  'aistore.join': joinOp,
  'aistore.leave-new': leaveNewOp,
  ...offlineOps,
}
