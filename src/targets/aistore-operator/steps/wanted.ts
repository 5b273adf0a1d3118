import type { Wanted } from '../../target.ts'
import type { OperatorPresent } from '../discover.ts'

export type Operator = Wanted<OperatorPresent>

/**
 * Whether nodes that start with the new pair alone would refuse those that serve the one of before. A pair
 * that stays parts nobody.
 */
export function partsNodes({
  present,
  before,
  generation,
  newRoot,
  privateRoot,
}: Operator): boolean {
  const { useHttps, secretName } = present.tls
  const isSame = generation === before
  // without a root the nodes trust each other by the chain itself, and that is another one each time
  return useHttps && secretName !== '' && !isSame && (newRoot || !privateRoot)
}
