import { Interrupted, Problem } from '../../errors.ts'
import { withServers } from '../../kubernetes/pods-proof.ts'
import { type Server, serversAt } from '../../proof/servers.ts'
import type { Target } from '../target.ts'
import { service } from './address.ts'
import { azuremlAnswers } from './answers.ts'
import { placeOf } from './steps/commands.ts'
import { workload } from './words.ts'

/** The way to the replicas is waited for no longer: the address tells much without them. Milliseconds. */
const openMs = 20_000

/**
 * The recorded address, and each replica of the router through a port-forward: behind one address a
 * replica that still serves the old leaf is met only now and then. Where kubectl leads to none of them,
 * the address alone is looked at, and the reason is handed over. With an Ingress TLS ends before them.
 */
export const reachReplicas: NonNullable<Target['reach']> = async (answered, calling, use) => {
  const { answers, folder } = answered
  const { run, signal, record } = calling
  const own = azuremlAnswers(answers)
  const outside = await serversAt(record?.addresses ?? [])
  if (own.mode === 'ingress') return use(outside)
  const opening = new AbortController()
  const timer = setTimeout(() => opening.abort(), openMs)
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
    return await withServers(placeOf(own), [served], waiting, (replicas: Server[]) => {
      clearTimeout(timer)
      isOpen = true
      return use([...outside, ...replicas])
    })
  } catch (error) {
    if (isOpen || signal.aborted || !isNoWay(error)) throw error
    return use(outside, `the replicas were not asked: ${whyNot(error)}`)
  } finally {
    clearTimeout(timer)
  }
}

function isNoWay(error: unknown): error is Problem | Interrupted {
  return error instanceof Problem || error instanceof Interrupted
}

function whyNot(error: Problem | Interrupted): string {
  if (error instanceof Interrupted) return `kubectl leads to none within ${openMs / 1000} s.`
  return error.findings[0]?.title ?? error.message
}
