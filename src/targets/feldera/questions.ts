import { checkChoice, checkPath, checkSecret } from '../../answers/checks.ts'
import type { Check, Choice, Found, Question, Search } from '../../answers/question.ts'
import { formatElapsed } from '../../duration.ts'
import { clusterIn } from '../../kubernetes/contexts.ts'
import { helmArgv } from '../../kubernetes/helm/argv.ts'
import { readRelease } from '../../kubernetes/helm/release.ts'
import {
  checkLabel,
  clusterQuestions,
  namespaceQuestion,
  podsWaitQuestion,
} from '../../kubernetes/questions.ts'
import { parseAddress } from '../../net/address.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { succeeded } from '../../process/tool.ts'
import { secretValue } from './components.ts'

/** The vendor's public chart (docs.feldera.com, helm guide). */
const publicChart = 'oci://public.ecr.aws/feldera/feldera-chart'

/** One line that no tool could take for a flag. */
function checkText(what: string, example: string): Check {
  return value => {
    const text = typeof value === 'string' ? value.trim() : ''
    return /^[^\s-][^\n\r\0]{0,499}$/.test(text)
      ? { value: text }
      : { wrong: `This is no ${what}.`, fix: `Write for example ${example}.` }
  }
}

const checkVersion: Check = value => {
  const text = typeof value === 'string' ? value.trim() : ''
  return /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(text)
    ? { value: text }
    : { wrong: 'This is no version of the chart.', fix: 'Write for example 0.337.0.' }
}

const checkAddress: Check = value => {
  const text = typeof value === 'string' ? value.trim() : ''
  return parseAddress(text)
    ? { value: text }
    : { wrong: 'This is no host and port.', fix: 'Write for example 203.0.113.17:8080.' }
}

const installs: Choice[] = [
  { value: 'existing', title: 'It runs already', note: 'the release is upgraded, its values stay' },
  { value: 'new', title: 'Install it with HTTPS', note: 'version, licence and database are asked' },
]
const stops: Choice[] = [
  { value: 'checkpoint', title: 'With a checkpoint', note: 'nothing is lost; needs storage' },
  { value: 'force', title: 'By force', note: 'what was done since the last checkpoint is lost' },
]
const tenants: Choice[] = [
  { value: 'refuse', title: 'Stop here', note: 'their pipelines would no longer be reached' },
  { value: 'leave', title: 'Leave them', note: 'their owners restart them afterwards' },
]
const isNew = [{ id: 'target.install', is: ['new'] }]

export const felderaQuestions: readonly Question[] = [
  ...clusterQuestions,
  {
    id: 'target.release',
    text: 'Which Helm release of Feldera?',
    noun: 'Release',
    help: 'One that is found, or the name of the one to install.',
    kind: 'text',
    asked: true,
    check: checkLabel('feldera', 53),
    find: findReleases,
  },
  namespaceQuestion,
  {
    id: 'target.install',
    text: 'Does the release run already?',
    noun: 'Installed',
    help: 'A release that runs keeps its version and values.',
    kind: 'choice',
    choices: installs,
    fallback: () => 'existing',
    asked: true,
    check: checkChoice(installs),
  },
  {
    id: 'target.version',
    when: isNew,
    text: 'Which version of Feldera shall be installed?',
    noun: 'Version',
    help: 'Of the chart and of Feldera; they are the same.',
    kind: 'text',
    asked: true,
    check: checkVersion,
  },
  {
    id: 'target.databaseSecret',
    when: isNew,
    text: 'Which Secret names the database?',
    noun: 'Secret',
    help: 'felderaDatabaseSecretRef; feldera-db-insecure-secret is the demo database.',
    kind: 'text',
    asked: true,
    check: checkLabel('feldera-secret', 253),
  },
  {
    id: 'target.accountId',
    when: isNew,
    text: 'Which account id has the licence?',
    noun: 'Account id',
    help: 'felderaAccountId; not needed where target.cloudSecret names a Secret with both.',
    kind: 'text',
    fallback: () => undefined,
    asked: true,
    check: checkText('account id', '00000000-0000-0000-0000-000000000000'),
  },
  {
    id: 'target.licence',
    when: isNew,
    text: 'Which licence key of Feldera?',
    noun: 'Licence key',
    help: 'A file or file descriptor, or asked for when it is needed; it goes to helm by stdin and is never written down.',
    kind: 'secret',
    fallback: () => undefined,
    asked: false,
    check: checkSecret,
  },
  {
    id: 'target.cloudSecret',
    when: isNew,
    text: 'Which Secret holds account id and licence key?',
    noun: 'Secret',
    help: 'cloudSecretRef, with the keys account-id and license-key, in the place of the two.',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkLabel('feldera-secret', 253),
  },
  {
    id: 'target.values',
    when: isNew,
    text: 'Which values file of your own goes along?',
    noun: 'Values',
    help: 'Passed to helm as it is; what is asked here wins over it.',
    kind: 'file',
    fallback: () => undefined,
    asked: false,
    check: checkPath,
  },
  {
    id: 'target.chart',
    text: 'Where does the chart come from?',
    noun: 'Chart',
    help: 'An OCI address, or a folder. It must be of the version that runs.',
    kind: 'text',
    fallback: () => publicChart,
    asked: false,
    check: checkText('chart', publicChart),
  },
  {
    id: 'target.caSecret',
    text: 'Which Secret holds the CA chain for pipelines on several hosts?',
    noun: 'CA Secret',
    help: 'caSecretRef; needed for multihost pipelines alone: the wildcard covers one level.',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkLabel('feldera-secret', 253),
  },
  {
    id: 'target.apiKey',
    text: 'Which API key of Feldera?',
    noun: 'API key',
    help: 'A file or file descriptor with one key a line, one for each tenant; or asked for when Feldera wants a login. Role "write".',
    kind: 'secret',
    lines: true,
    askedOn: ['feldera.login'],
    fallback: () => undefined,
    asked: false,
    check: checkSecret,
  },
  {
    id: 'target.stop',
    text: 'How shall running pipelines be stopped?',
    noun: 'Stop',
    help: 'They serve their old certificate until they are started again.',
    kind: 'choice',
    choices: stops,
    fallback: () => 'checkpoint',
    asked: false,
    check: checkChoice(stops),
  },
  {
    id: 'target.otherTenants',
    text: 'What shall happen where pipelines of other tenants run?',
    noun: 'Other tenants',
    help: 'An API key sees the pipelines of one tenant alone.',
    kind: 'choice',
    choices: tenants,
    fallback: () => 'refuse',
    asked: false,
    check: checkChoice(tenants),
  },
  {
    id: 'target.outside',
    text: 'At which address do clients reach the API server from outside?',
    noun: 'Address',
    help: 'Host and port of an ingress or load balancer that passes TLS through; none by default.',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkAddress,
  },
  podsWaitQuestion,
]

/** The releases of Feldera in the chosen cluster; the namespace comes with the release. */
async function findReleases(search: Search): Promise<Found> {
  const { world, signal, folder } = search
  const cluster = clusterIn(search)
  if (!cluster || !(await world.which('helm'))) return { choices: [] }
  const began = world.clock.elapsed()
  const argv = helmArgv({ ...cluster, namespace: 'default' }, 'list', '--all-namespaces', '--all')
  const words = [...argv, '--output', 'json'] as typeof argv
  const result = await world.run({ argv: words, limitMs: 20_000, signal, cwd: folder })
  const took = () => formatElapsed(world.clock.elapsed() - began)
  if (!succeeded(result)) return { choices: [], source: `helm does not say, ${took()}` }
  const calling = { run: world.run, signal, userFolder: folder }
  const choices = await Promise.all(
    releasesIn(result.stdout).map(async each => {
      const place = { ...cluster, namespace: each.namespace }
      const secret = await readRelease(place, each.name, calling, [secretValue])
        .then(({ values }) => values[secretValue] ?? '')
        .catch(() => undefined)
      return asChoice(each, secret)
    }),
  )
  return { choices, source: `read with helm, ${took()}` }
}

interface Listed {
  name: string
  namespace: string
  status: string
  chart: string
}

/** One that has a certificate is adopted when it is chosen: what is there is kept. */
function asChoice({ name, namespace, status, chart }: Listed, secret: string | undefined): Choice {
  const scheme = secret === undefined ? '' : secret === '' ? 'HTTP' : 'HTTPS: is adopted'
  const also = { 'target.namespace': namespace, 'target.install': 'existing' }
  return {
    value: name,
    title: name,
    note: [`namespace ${namespace}`, scheme, status, chart].filter(Boolean).join(', '),
    also: secret ? { ...also, 'target.onConflict': 'adopt' } : also,
  }
}

/** At most 20 releases of Feldera's chart. */
function releasesIn(stdout: string): Listed[] {
  let list: Json
  try {
    list = JSON.parse(stdout) as Json
  } catch {
    return []
  }
  const text = (each: Json, key: string) => String(atPath(each, key) ?? '')
  return (Array.isArray(list) ? list : [])
    .map(each => ({
      name: text(each, 'name'),
      namespace: text(each, 'namespace'),
      status: text(each, 'status'),
      chart: text(each, 'chart'),
    }))
    .filter(({ chart }) => /^feldera/.test(chart))
    .slice(0, 20)
}
