import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkChoice, checkDomain, checkPath } from '../../answers/checks.ts'
import type { Check, Choice, Found, Question, Search } from '../../answers/question.ts'
import { formatElapsed } from '../../duration.ts'
import { Problem } from '../../errors.ts'
import { askHealth, findApiServer, localServer } from './api.ts'
import { readServices, type ServiceState } from './service.ts'

/** sky/skylet/constants.py: SkyPilot checks it only on the server, after the confirmation. */
const namePattern = /^[a-zA-Z]([-_.a-zA-Z0-9]*[a-zA-Z0-9])?$/

const checkService: Check = value => {
  const text = typeof value === 'string' ? value.trim() : ''
  if (text.length > 100)
    return { wrong: 'A service name has at most 100 characters.', fix: 'Write a shorter one.' }
  if (namePattern.test(text)) return { value: text }
  const suggested = text
    .replace(/[^-_.a-zA-Z0-9]+/g, '-')
    .replace(/^[^a-zA-Z]+|[^a-zA-Z0-9]+$/g, '')
  return {
    wrong: 'A service name holds letters, digits, "-", "_" and ".", and starts with a letter.',
    fix: `Write ${suggested.slice(0, 100) || 'fraud-model'}.`,
  }
}

const checkServer: Check = value => {
  const text = typeof value === 'string' ? value.trim().replace(/\/+$/, '') : ''
  const wrong = {
    wrong: 'This is no URL of an API server.',
    fix: `Write for example ${localServer}.`,
  }
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) return wrong
  if (new URL(text).username !== '') {
    return {
      wrong: 'A login must not stand in the file.',
      fix: 'Leave it out; sky api login keeps it.',
    }
  }
  return { value: text }
}

const switches: Choice[] = [
  { value: 'in-place', title: 'In place', note: 'the service is away for some minutes' },
  { value: 'blue-green', title: 'Beside it', note: 'no pause; twice the replicas, another port' },
  {
    value: 'update',
    title: 'Update',
    impossible: {
      reason: 'sky serve update says that it is done and changes no certificate.',
      fix: 'Choose in place or beside it.',
    },
  },
]

export const skyserveQuestions: readonly Question[] = [
  {
    id: 'target.service',
    text: 'Which service?',
    noun: 'Service',
    help: 'The name of a SkyServe service that runs, or of the one to start.',
    kind: 'text',
    asked: true,
    check: checkService,
    find: findServices,
  },
  {
    id: 'target.yaml',
    text: 'Which file is the service YAML?',
    noun: 'Path',
    help: 'The service is started from a copy of it with TLS; the file itself stays as it is.',
    kind: 'file',
    asked: true,
    check: checkPath,
    find: findYamls,
  },
  {
    id: 'target.switch',
    text: 'How shall a running service change over?',
    noun: 'Switch',
    help: 'SkyServe takes no new certificate while it runs.',
    kind: 'choice',
    choices: switches,
    fallback: () => 'in-place',
    asked: false,
    check: checkChoice(switches),
  },
  {
    id: 'target.folder',
    text: 'In which folder is sky run?',
    noun: 'Folder',
    help: 'Relative paths in the service YAML (workdir, file_mounts) hang on it.',
    kind: 'file',
    fallback: () => '.',
    asked: false,
    check: checkPath,
  },
  {
    id: 'target.server',
    text: 'Which API server of SkyPilot?',
    noun: 'API server',
    help: 'Written out, so that a run never goes to another one than was planned.',
    kind: 'text',
    fallback: () => localServer,
    asked: false,
    check: checkServer,
    find: async ({ world }) => {
      const { url } = await findApiServer(world)
      return { choices: [{ value: url, title: url }] }
    },
  },
  {
    id: 'target.address',
    text: 'At which address do clients reach the load balancer?',
    noun: 'Address',
    help: 'Only where sky says localhost because the controller runs in its API server.',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkDomain,
  },
  {
    id: 'target.envFile',
    text: 'Which file holds environment variables for the service?',
    noun: 'Path',
    help: 'Passed on as --env-file.',
    kind: 'file',
    fallback: () => undefined,
    asked: false,
    check: checkPath,
  },
  {
    id: 'target.secretFile',
    text: 'Which file holds secrets for the service?',
    noun: 'Path',
    help: 'Passed on as --secret-file; its content is never read here.',
    kind: 'file',
    fallback: () => undefined,
    asked: false,
    check: checkPath,
  },
]

/** The services that run, as choices; those that cannot be taken stay, with their reason. */
async function findServices({ world, signal }: Search): Promise<Found> {
  const began = world.clock.elapsed()
  if (!(await world.which('sky'))) return { choices: [] }
  const server = await findApiServer(world)
  const health = await askHealth(server, world, signal)
  if (!health.ok && health.why === 'silent') return { choices: [], source: 'no API server answers' }
  try {
    const { services } = await readServices(null, server, { world, run: world.run, signal })
    const source = `read with sky, ${formatElapsed(world.clock.elapsed() - began)}`
    return { choices: services.map(asChoice), source }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { choices: [], source: error.message }
  }
}

function asChoice({ name, status, tls, url, replicas }: ServiceState): Choice {
  const going = status === 'SHUTTING_DOWN'
  const scheme = tls === undefined ? '' : tls ? 'HTTPS' : 'HTTP'
  const count = `${replicas.total} replica${replicas.total === 1 ? '' : 's'}`
  const more = tls ? 'has a certificate: is adopted' : (url ?? '')
  return {
    value: name,
    title: name,
    note: [status, scheme, count, more].filter(Boolean).join(', '),
    ...(tls ? { also: { 'target.onConflict': 'adopt' } } : {}),
    ...(going
      ? {
          impossible: {
            reason: 'It is being taken down (SHUTTING_DOWN).',
            fix: 'Wait until sky serve status no longer lists it.',
          },
        }
      : {}),
  }
}

/** YAML files of the folder that have a `service:` section. */
async function findYamls({ folder }: Search): Promise<Found> {
  const names = (await readdir(folder).catch(() => [])).filter(name => /\.ya?ml$/.test(name))
  const choices: Choice[] = []
  // loaded with the first file: the wizard's first screen needs no YAML
  const { parse } = await import('../../plan/edit-yaml.ts')
  for (const name of names.sort().slice(0, 100)) {
    try {
      const service = parse(await readFile(join(folder, name), 'utf8'), name).service
      if (service === null || typeof service !== 'object' || Array.isArray(service)) continue
      const tls = service.tls === undefined ? '' : ', has a tls section that is replaced'
      choices.push({ value: `./${name}`, title: `./${name}`, note: `has a service section${tls}` })
    } catch {
      // unreadable or no YAML: not a service
    }
  }
  return { choices }
}
