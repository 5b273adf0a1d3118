import type { Explanation, Step } from '../../../plan/plan.ts'
import type { Predicate } from '../../../plan/predicate.ts'
import { accessProblems } from '../access.ts'
import type { SkyServeAnswers } from '../answers.ts'
import type { SkyServePresent } from '../present.ts'
import { lookAt } from './commands.ts'

/** `sky api info -o json` came with SkyPilot 0.12. */
const newEnough = '^(0\\.(1[2-9]|[2-9]\\d)|[1-9]\\d*\\.)'

/** The API server answers; any `sky` command would start one of its own where none does. */
export function checkServer(server: string): Step {
  return {
    id: 'check.server',
    phase: 'check',
    title: 'Ask the API server of SkyPilot whether it is well',
    act: {
      do: 'http',
      url: `${server}/api/health`,
      method: 'GET',
      limit: '5s',
      // 401 and a redirect to a login answer, too: whether the login is good, sky itself says
      expect: [{ status: [200, 301, 302, 303, 307, 401, 403] }],
      explains: [
        {
          when: { not: { status: [200] } },
          id: 'skyserve.no-server',
          exit: 69,
          title: 'No API server of SkyPilot answers.',
          why: 'Each sky command would start one of its own; which services run would not be known.',
          fix: 'Start it: sky api start, or name another: export SKYPILOT_API_SERVER_ENDPOINT=URL',
        },
      ],
    },
    needs: [],
    onFail: 'stop',
  }
}

/** sky is new enough, logged in, and talks to the server that the plan is for. */
export function checkSky(server: string): Step {
  const same: Predicate = { json: 'server.url', matches: sameServer(server) }
  return {
    id: 'check.sky',
    phase: 'check',
    title: 'Ask sky for its version and server',
    act: {
      do: 'exec',
      argv: ['sky', 'api', 'info', '-o', 'json'],
      limit: '2m',
      expect: [
        { exit: [0] },
        { json: 'server.status', equals: 'healthy' },
        same,
        { json: 'client.version', matches: newEnough },
      ],
      explains: [...apiInfoProblems, otherServer(server)],
    },
    captures: { version: { json: 'client.version' } },
    needs: [],
    onFail: 'stop',
  }
}

/** The same host and port, whatever login stands in front of it. */
function sameServer(server: string): string {
  const [scheme = '', rest = ''] = server.split('://')
  return `^${scheme}://([^@/]*@)?${rest.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}/?$`
}

function otherServer(server: string): Explanation {
  return {
    when: { json: 'server.url', matches: `^(?!${sameServer(server).slice(1)})` },
    id: 'skyserve.other-server',
    exit: 65,
    title: 'sky talks to another API server than the plan is for.',
    why: 'The service of another server would be changed.',
    fix: `Type: sky api login -e ${server}, or change target.server in the answers.`,
  }
}

const tooOld = {
  id: 'tool.sky.too-old',
  exit: 69,
  title: 'sky is older than 0.12.',
  why: 'Its answers cannot be read reliably.',
  fix: 'Type: pip install -U "skypilot>=0.12"',
}

const apiInfoProblems: Explanation[] = [
  { when: { regex: 'No such option' }, ...tooOld },
  { when: { json: 'client.version', matches: '^0\\.([0-9]|1[01])\\.' }, ...tooOld },
  ...accessProblems,
  {
    when: { json: 'server.status', matches: '^(?!healthy$)' },
    id: 'skyserve.unhealthy',
    exit: 69,
    title: 'The API server of SkyPilot is not healthy.',
    why: 'What it says of services cannot be relied on.',
    fix: 'Type: sky api status; then sky api stop and sky api start',
  },
]

/** `sky check` ends with 0 even when nothing is enabled: its JSON must name a cloud. */
export const checkCloud: Step = {
  id: 'check.cloud',
  phase: 'check',
  title: 'Ask sky whether a cloud is enabled',
  act: {
    do: 'exec',
    argv: ['sky', 'check', '-o', 'json'],
    limit: '5m',
    expect: [{ exit: [0] }, { regex: '"[^"]+":\\s*\\[\\s*"' }],
    explains: [
      {
        when: { regex: '^\\s*\\{' },
        id: 'skyserve.no-cloud',
        exit: 77,
        title: 'No cloud is enabled in SkyPilot.',
        why: 'A service needs one to start its replicas on.',
        fix: 'See what each one lacks: sky check',
      },
    ],
  },
  needs: ['check.sky'],
  onFail: 'stop',
}

/**
 * The service is one that this plan may change: sure at all, and either as it was when the plan was
 * made, or on this plan's own way.
 */
export function checkService(
  service: string,
  own: SkyServeAnswers,
  present: SkyServePresent,
  onOurWay: Predicate[] = [],
): Step {
  const planned = present.service?.name === service ? present.service : undefined
  const asPlanned: Predicate[] = !planned
    ? []
    : planned.keyfile
      ? [{ json: 'keyfile', equals: planned.keyfile }]
      : [{ json: 'tls', equals: planned.tls ?? false }]
  const allowed: Predicate[] = [
    { json: 'state', oneOf: ['ABSENT', 'SHUTTING_DOWN'] },
    { json: 'ours', equals: true },
    { json: 'underWay', matches: '.' },
    ...onOurWay,
    ...asPlanned,
  ]
  return {
    id: 'check.service',
    phase: 'check',
    title: 'Read the service',
    act: {
      ...lookAt(service, own),
      expect: [{ not: { json: 'state', equals: 'UNKNOWN' } }, { any: allowed }],
    },
    needs: ['check.sky'],
    onFail: 'stop',
  }
}
