import type { Op, OpTable } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { type EndpointRecord, readEndpoint, writeEndpoint } from '../record/endpoint.ts'
import { pruneGenerations, setCurrentGeneration } from '../record/generation.ts'
import { keepTrust } from '../trust/endpoint-trust.ts'

/**
 * Records what *served* has proven: all of `endpoint.json` but times. Only now does `current` move to
 * the new generation; two older ones are kept.
 */
const servedOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const { paths, generation } = ctx.record
    const before = await readEndpoint(paths)
    const record = input as unknown as Omit<EndpointRecord, 'schema' | 'served'>
    if (record.https) {
      await setCurrentGeneration(paths, generation)
      await pruneGenerations(paths)
      await keepTrust(ctx.world.stateFolder, paths)
    }
    const served = new Date(ctx.world.clock.now()).toISOString()
    const reachable = before?.reachable === undefined ? {} : { reachable: before.reachable }
    await writeEndpoint(paths, { ...record, ...reachable, served })
    return { recorded: true, seen: record.https ? `generation ${generation}` : 'HTTP' }
  },
  printed: () => [],
  shell: () => [],
}

export const recordOps: OpTable = { 'record.served': servedOp }
