import type { Choice, Found, Search } from '../../answers/question.ts'
import { az } from '../../azure/az.ts'
import { formatElapsed } from '../../duration.ts'
import { Problem } from '../../errors.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { plainText } from '../../process/plain-text.ts'
import { readExtension } from './extension.ts'

const limitMs = 60_000

/** The subscriptions that this login sees. */
export function findSubscriptions(search: Search): Promise<Found> {
  return asked(search, ['account', 'list'], each => {
    const [id, name, state] = [text(each, 'id'), text(each, 'name'), text(each, 'state')]
    if (!id) return []
    const off = state !== undefined && state !== 'Enabled'
    return [
      {
        value: id,
        title: name ?? id,
        note: atPath(each, 'isDefault') === true ? `${id}, where az stands now` : id,
        ...(off
          ? { impossible: { reason: `It is ${state}.`, fix: 'Choose another subscription.' } }
          : {}),
      },
    ]
  })
}

const types: Readonly<Record<string, 'aks' | 'arc'>> = {
  'microsoft.containerservice/managedclusters': 'aks',
  'microsoft.kubernetes/connectedclusters': 'arc',
}

/** The clusters of both kinds; choosing one answers group and type as well. */
export function findClusters(search: Search): Promise<Found> {
  const subscription = answer(search, 'target.subscription')
  if (subscription === undefined) return Promise.resolve({ choices: [] })
  return asked(search, ['resource', 'list', '--subscription', subscription], each => {
    const type = types[text(each, 'type')?.toLowerCase() ?? '']
    const [name, group] = [text(each, 'name'), text(each, 'resourceGroup')]
    if (!type || !name || !group) return []
    return [
      {
        value: name,
        title: name,
        note: `${type === 'aks' ? 'AKS' : 'Arc'}  resource group ${group}`,
        also: { 'target.resourceGroup': group, 'target.clusterType': type },
      },
    ]
  })
}

/** The Azure ML extension of the chosen cluster, with what it serves now. */
export async function findExtensions(search: Search): Promise<Found> {
  const { world, signal, answers } = search
  const [subscription, resourceGroup, cluster, type] = [
    answer({ answers }, 'target.subscription'),
    answer({ answers }, 'target.resourceGroup'),
    answer({ answers }, 'target.cluster'),
    answer({ answers }, 'target.clusterType'),
  ]
  const known = subscription && resourceGroup && cluster && (type === 'aks' || type === 'arc')
  if (!known || !(await world.which('az'))) return { choices: [] }
  const where = { subscription, resourceGroup, cluster, clusterType: type } as const
  const began = world.clock.elapsed()
  try {
    const found = await readExtension(where, { run: world.run, signal })
    const source = `read with az, ${formatElapsed(world.clock.elapsed() - began)}`
    if (!found)
      return { choices: [{ value: 'azureml', title: 'azureml', note: 'is created' }], source }
    const tls = found.mode === 'secret' || found.mode === 'pem'
    const how = {
      http: 'HTTP',
      none: 'no pair',
      secret: 'HTTPS, a Secret',
      pem: 'HTTPS, stored files',
    }
    return {
      choices: [
        {
          value: found.name,
          title: found.name,
          note: [found.state, how[found.mode], found.cname, tls ? 'is adopted' : '']
            .filter(Boolean)
            .join(', '),
          also: {
            ...(tls ? { 'target.onConflict': 'adopt' } : {}),
            ...(found.mode === 'pem' ? { 'target.mode': 'pem' } : {}),
          },
        },
      ],
      source,
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { choices: [], source: error.message }
  }
}

async function asked(
  { world, signal }: Search,
  args: string[],
  asChoices: (each: Json) => Choice[],
): Promise<Found> {
  if (!(await world.which('az'))) return { choices: [] }
  const began = world.clock.elapsed()
  try {
    const answered = await az({ args, limitMs }, { run: world.run, signal })
    const source = `read with az, ${formatElapsed(world.clock.elapsed() - began)}`
    if (answered.ok && Array.isArray(answered.value))
      return { choices: answered.value.flatMap(asChoices), source }
    return { choices: [], source: answered.ok ? source : 'az says no: type az login' }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { choices: [], source: error.message }
  }
}

function answer({ answers }: Pick<Search, 'answers'>, id: string): string | undefined {
  const value = answers[id]?.value
  return typeof value === 'string' ? value : undefined
}

function text(json: Json, key: string): string | undefined {
  const value = atPath(json, key)
  return typeof value === 'string' ? plainText(value) : undefined
}
