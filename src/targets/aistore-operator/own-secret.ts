import { exitCodes } from '../../exit-codes.ts'
import type { Calling, Place } from '../../kubernetes/place.ts'
import { ownerOf } from '../../kubernetes/secret.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import type { EndpointRecord } from '../../record/endpoint.ts'
import { operatorProblem } from './problems.ts'
import { foreignFix } from './secret-ops.ts'

interface Asked {
  place: Place
  endpoint: string
  /** `target.secret` of the answers. */
  secret: string
  onConflict: string
  /** What the resource mounts now; empty where it mounts none. */
  mounted: string
  record: EndpointRecord | undefined
}

/**
 * The Secret that the pods shall mount. With `onConflict: rename` one of our own beside any of somebody
 * else's, and that one from then on; else the one of the answers, which nobody else's may be unless the
 * pods mount it, and it is adopted.
 *
 * @throws Problem with exit 65 where somebody else has it
 */
export async function ownSecret(asked: Asked, calling: Calling): Promise<string> {
  const { place, endpoint, secret, onConflict, mounted, record } = asked
  const renames = onConflict === 'rename'
  if (record) return renames ? (record.live.secret ?? secret) : secret
  if (!renames && secret === mounted) return secret
  const found = await Promise.all(
    [secret, ...(renames ? [`${secret}-${endpoint}`] : [])].map(async name => {
      const there = await readSecret({ place, name }, calling)
      return { name, ...(there ? ownerOf(there, endpoint) : { owner: 'ours', words: '' }) }
    }),
  )
  const free = found.find(({ owner }) => owner === 'ours')
  if (free) return free.name
  throw operatorProblem('ais-operator.foreign-secret', exitCodes.data, {
    subject: found.map(({ name }) => `${place.namespace}/${name}`).join(', '),
    evidence: found.map(({ words }) => words).join(', '),
    fix: renames ? 'Name another one in target.secret.' : foreignFix,
  })
}
