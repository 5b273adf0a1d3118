import type { Op, Text } from '../../../plan/plan.ts'
import { provenPorts } from '../listeners.ts'
import { placeInput } from '../place.ts'
import type { Aistore } from './wanted.ts'

/** A look at what each listener serves. */
export function served(wanted: Aistore, chain: Text): Op {
  return load(wanted, chain, 'served')
}

/** Has each node load what lies on it, or looks at what they serve. */
export function load(
  wanted: Aistore,
  chain: Text,
  what: 'load' | 'served',
  more: { downToo?: true } = {},
): Op {
  const ports = provenPorts(wanted.answers)
  return {
    do: `op:aistore.${what}`,
    input: { at: placeInput(wanted), ports, chain, ...more },
    limit: '10m',
  }
}
