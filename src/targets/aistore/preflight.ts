import { exitCodes } from '../../exit-codes.ts'
import type { Step } from '../../plan/plan.ts'
import type { World } from '../../world.ts'
import { namedGateways } from './find.ts'
import { aistoreFindings } from './findings.ts'

/** Asks the gateway that this machine's own settings name; nothing where they name none. */
export async function preflightSteps(world: World): Promise<Step[]> {
  const [named] = await namedGateways(world)
  return named ? [checkGateway(named.url, named.source, world.env.AIS_CLIENT_CA)] : []
}

/** The gateway answers, in the scheme that its URL says. */
function checkGateway(url: string, source: string, roots?: string): Step {
  return {
    id: 'check.gateway',
    phase: 'check',
    title: `Ask the gateway that ${source} names`,
    act: {
      do: 'http',
      url: `${url}/v1/health`,
      method: 'GET',
      ...(roots ? { roots } : {}),
      limit: '5s',
      expect: [{ status: [200] }],
      explains: [
        {
          ...wordsOf('aistore.other-scheme'),
          when: { regex: 'HTTP request to an HTTPS server' },
          exit: exitCodes.unavailable,
          fix: `Write https: export AIS_ENDPOINT=${url.replace(/^http:/, 'https:')}, or ais config cli set cluster.url=…`,
        },
        {
          ...wordsOf('aistore.not-started'),
          when: { status: [503] },
          exit: exitCodes.later,
          fix: 'Wait until every node has joined: ais show cluster',
        },
        {
          ...wordsOf('aistore.no-cluster'),
          when: { not: { status: [200] } },
          exit: exitCodes.unavailable,
          fix: 'Name a gateway that runs: export AIS_ENDPOINT=http://HOST:8080',
        },
      ],
    },
    needs: [],
    onFail: 'stop',
  }
}

function wordsOf<Id extends keyof typeof aistoreFindings>(id: Id) {
  const { title, why } = aistoreFindings[id]
  return { id, title, why }
}
