import type { Answered } from '../../answers/answers.ts'
import { exitCodes } from '../../exit-codes.ts'
import type { Input, Step } from '../../plan/plan.ts'
import { readEndpoint } from '../../record/endpoint.ts'
import { currentGeneration, generationFolder } from '../../record/generation.ts'
import { recordPaths } from '../../record/paths.ts'
import { readUnfinished } from '../../road/unfinished.ts'
import type { World } from '../../world.ts'
import { aistoreAnswers } from './answers.ts'
import { namedGateways } from './find.ts'
import { aistoreFindings } from './findings.ts'
import { recordedCluster, recordedPlace } from './offline/recorded.ts'
import { nothingRead } from './present.ts'
import { checkHosts } from './steps/files.ts'

/**
 * Asks the gateway that this machine's own settings name; nothing where they name none. Of an endpoint
 * that is known here each node is asked, and where one is down, its files and log; and whether the
 * hosts of the nodes take files, where these go there by ssh, and whether `ais` is there, where it follows.
 */
export async function preflightSteps(world: World, answered?: Answered): Promise<Step[]> {
  const known = answered && (await checkKnown(answered, world))
  if (known) return known
  const [named] = await namedGateways(world)
  return named ? [checkGateway(named.url, named.source, world.env.AIS_CLIENT_CA)] : []
}

async function checkKnown({ answers }: Answered, world: World): Promise<Step[] | undefined> {
  const paths = recordPaths(world.stateFolder, answers.endpoint)
  const [record, unfinished] = await Promise.all([readEndpoint(paths), readUnfinished(paths)])
  const cluster = recordedCluster(record, unfinished)
  if (!cluster) return undefined
  const { confdir, logDir, restart, place, cli } = aistoreAnswers(answers)
  const { nodes, client, ...rest } = await recordedPlace(cluster, answers, paths)
  const at: Input = { ...rest, nodes: nodes.map(node => ({ ...node })), client: { ...client } }
  const current = generationFolder(paths, (await currentGeneration(paths)) ?? 0)
  const pair = record?.https === true ? current : undefined
  const optional = { place, confdir, logDir, restart, pair }
  const given = Object.entries(optional).filter(([, value]) => value !== undefined)
  const { certFile, keyFile, caFile } = aistoreAnswers(answers)
  const present = { ...nothingRead, cluster }
  const hosts = checkHosts({ answers, present }, { certFile, keyFile, caFile }, [], false)
  const nodesStep: Step = {
    id: 'check.nodes',
    phase: 'check',
    title: 'Each node runs, and would start again',
    act: {
      do: 'op:aistore.diagnose',
      input: {
        at,
        name: answers.endpoint,
        ...(Object.fromEntries(given) as { [key: string]: string }),
      },
      limit: '1m',
    },
    needs: [],
    onFail: 'stop',
  }
  return [nodesStep, ...hosts, ...(cli === 'set' ? [checkCli] : [])]
}

/** The command whose settings shall follow is there. */
const checkCli: Step = {
  id: 'check.cli',
  phase: 'check',
  title: 'See whether ais is there, whose settings shall follow',
  act: { do: 'exec', argv: ['ais', 'version'], limit: '10s' },
  needs: [],
  onFail: 'stop',
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
