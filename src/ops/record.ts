import { rm } from 'node:fs/promises'
import type { Op, OpTable } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { type EndpointRecord, writeEndpoint } from '../record/endpoint.ts'
import { pruneGenerations, setCurrentGeneration } from '../record/generation.ts'
import { keepTrust } from '../trust/endpoint-trust.ts'

/**
 * Records what *served* has proven: all of `endpoint.json`; nobody has reached it
 * by its name yet. Only now does `current` move to
 * the new generation; two older ones are kept.
 */
const servedOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const { paths, generation } = ctx.record
    const record = input as unknown as Omit<EndpointRecord, 'schema' | 'served'>
    if (record.https) {
      await setCurrentGeneration(paths, generation)
      await pruneGenerations(paths)
      await keepTrust(ctx.world.stateFolder, paths)
    }
    const served = new Date(ctx.world.clock.now()).toISOString()
    await writeEndpoint(paths, { ...record, served })
    return { recorded: true, seen: record.https ? `generation ${generation}` : 'HTTP' }
  },
  printed: () => [],
  shell: () => [],
}

/** Removes `endpoint.json`: nothing of the endpoint is served. Its answers and generations stay. */
const removedOp: Op = {
  changes: false,
  async run(_input, { record }): Promise<Json> {
    await rm(record.paths.endpoint, { force: true })
    return { recorded: false, seen: 'not served' }
  },
  printed: () => [],
  shell: () => [],
}

export const recordOps: OpTable = { 'record.served': servedOp, 'record.removed': removedOp }
