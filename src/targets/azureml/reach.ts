import { Interrupted, Problem, titleOf } from '../../errors.ts'
import { withSomeServers } from '../../kubernetes/pods-proof.ts'
import { type Server, serversAt } from '../../proof/servers.ts'
import type { Target } from '../target.ts'
import { service } from './address.ts'
import { azuremlAnswers } from './answers.ts'
import { placeOf } from './steps/commands.ts'
import { workload } from './words.ts'

/**
 * The ways to the replicas are waited for no longer: the address tells much without them. More than one
 * way gets (20 s), so that one that hangs does not close the others. Milliseconds.
 */
const openMs = 30_000

/**
 * The recorded address, and each replica of the router through a port-forward: behind one address a
 * replica that still serves the old leaf is met only now and then. Those that kubectl does not lead to
 * are handed over with the reason; the address is looked at in any case. With an Ingress TLS ends before them.
 */
export const reachReplicas: NonNullable<Target['reach']> = async (answered, calling, use) => {
  const { answers, folder } = answered
  const { run, signal, record } = calling
  const own = azuremlAnswers(answers)
  const outside = await serversAt(record?.addresses ?? [])
  if (own.mode === 'ingress') return use(outside)
  const opening = new AbortController()
  const timer = setTimeout(() => opening.abort(new Interrupted()), openMs)
  const served = {
    workload,
    service,
    ...(record?.https === false
      ? { port: 80, probes: 'all' as const }
      : { port: 443, probes: 'leaf' as const }),
  }
  let isOpen = false
  try {
    const waiting = { run, signal: AbortSignal.any([signal, opening.signal]), userFolder: folder }
    return await withSomeServers(placeOf(own), [served], waiting, (replicas: Server[], away) => {
      signal.throwIfAborted()
      clearTimeout(timer)
      isOpen = true
      if (!away[0]) return use([...outside, ...replicas])
      const names = away.map(({ name, why }) => `${name}: ${why}`)
      const one = replicas.length === 0 && away.every(({ why }) => why === away[0]?.why)
      return use([...outside, ...replicas], notAsked(one ? away[0].why : names.join('; ')))
    })
  } catch (error) {
    if (isOpen || signal.aborted || !isNoWay(error)) throw error
    return use(outside, notAsked(whyNot(error)))
  } finally {
    clearTimeout(timer)
  }
}

function notAsked(why: string): string {
  return `replicas were not asked: ${why}`
}

function isNoWay(error: unknown): error is Problem | Interrupted {
  return error instanceof Problem || error instanceof Interrupted
}

function whyNot(error: Problem | Interrupted): string {
  if (error instanceof Interrupted) return `kubectl leads to none within ${openMs / 1000} s.`
  return titleOf(error)
}
