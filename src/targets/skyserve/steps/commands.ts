import type { Exec, Explanation, Look, Op, Text, Wait } from '../../../plan/plan.ts'
import type { Predicate } from '../../../plan/predicate.ts'
import type { SkyServeAnswers } from '../answers.ts'

/** Looks at one service. */
export function lookAt(service: string, own: SkyServeAnswers): Op {
  const { server } = own
  const address = own.address === undefined ? {} : { address: own.address }
  return { do: 'op:skyserve.service', input: { service, server, ...address }, limit: '3m' }
}

/** The API server is at an `up` or `down` of this service: an earlier run's, or somebody else's. */
const busy: Predicate[] = [{ json: 'underWay', matches: '.' }]

/** A look that waits for what is under way before it judges. */
export function lookFor(service: string, own: SkyServeAnswers, already: Predicate[]): Look {
  return { look: lookAt(service, own), already, busy, limit: '15m' }
}

export const isOurs: Predicate = { json: 'ours', equals: true }
export const isGoing: Predicate = { json: 'state', oneOf: ['ABSENT', 'SHUTTING_DOWN'] }

/**
 * `sky serve up`. It ends with 0 when the port is registered, also where the pair cannot be used: only
 * the proof says more.
 */
export function up(file: Text, service: string, own: SkyServeAnswers): Exec {
  const { envFile, secretFile, folder } = own
  const env = envFile === undefined ? [] : ['--env-file', envFile]
  const secret = secretFile === undefined ? [] : ['--secret-file', secretFile]
  return {
    do: 'exec',
    argv: ['sky', 'serve', 'up', file, '-n', service, '-y', ...env, ...secret],
    ...(folder === '.' ? {} : { cwd: folder }),
    limit: '30m',
    expect: [{ exit: [0] }, { regex: 'Endpoint URL' }],
    explains: upProblems,
  }
}

const upProblems: Explanation[] = [
  {
    when: { regex: 'is already running' },
    beganNothing: true,
    id: 'skyserve.name-taken',
    exit: 75,
    title: 'sky says that the service still runs.',
    why: 'It was not gone yet, or somebody else started it.',
    fix: 'Run the same command again: it looks first what is there.',
  },
  {
    when: { regex: 'NoCloudAccessError|Cloud access is not set up' },
    id: 'skyserve.no-cloud',
    exit: 77,
    title: 'No cloud is enabled in SkyPilot.',
    why: 'A service needs one to start its replicas on.',
    fix: 'See what each one lacks: sky check',
  },
  {
    when: { regex: 'No enabled clouds support opening ports' },
    id: 'skyserve.no-ports',
    exit: 65,
    title: 'No enabled cloud can open a port to the outside.',
    why: 'Clients could not reach the load balancer.',
    fix: 'Enable one that can: sky check',
  },
]

/** `sky serve down` only schedules, and says so with 0. */
export function down(service: string): Exec {
  return { do: 'exec', argv: ['sky', 'serve', 'down', service, '-y'], limit: '15m' }
}

/** An `up` before the service is gone finds it running, or loses its key to the late clean-up. */
export function gone(service: string, own: SkyServeAnswers): Wait {
  return {
    do: 'wait',
    look: lookAt(service, own),
    until: [{ json: 'state', equals: 'ABSENT' }],
    every: '1s',
    limit: '20m',
    atLimit: 'fail',
  }
}

/** The endpoint is read again after each `up`: port and address may be others than before. */
export function address(service: string, own: SkyServeAnswers, scheme: 'http' | 'https'): Wait {
  return {
    do: 'wait',
    look: lookAt(service, own),
    until: [{ json: 'url', matches: `^${scheme}://[^/]+/?$` }],
    every: '1s',
    limit: '5m',
    atLimit: 'fail',
  }
}

export const addressCaptures = {
  address: { json: 'address' },
  host: { json: 'host' },
  port: { json: 'port' },
}
