import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { Answered, Answers } from '../../answers/answers.ts'
import { Problem } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Finding, finding } from '../../findings.ts'
import { atPath } from '../../plan/predicate.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { EndpointRecord } from '../../record/endpoint.ts'
import type { World } from '../../world.ts'
import { discovering } from '../discovering.ts'
import type { Discovery, Known } from '../target.ts'
import { folderName, type SkyServeAnswers, skyserveAnswers } from './answers.ts'
import { askHealth, plannedServer } from './api.ts'
import { skyserveFindings } from './findings.ts'
import { nextName } from './names.ts'
import type { SkyServePresent } from './present.ts'
import { readServices, type Services } from './service.ts'

type Blocked = { finding: Finding; exit: ExitCode }

/**
 * Reads which services run, without a `sky` command where the API server answers by itself: each costs
 * seconds, and any of them might start a server.
 */
export async function discover(
  { answers, folder }: Answered,
  world: World,
  { record }: Known,
): Promise<Discovery<SkyServePresent>> {
  const own = skyserveAnswers(answers)
  const nothing: SkyServePresent = { server: own.server, names: [] }
  return discovering(nothing, ['sky'], world, async () => {
    const read = await readAll(own.server, world)
    if ('exit' in read) return { present: nothing, findings: [read.finding], exit: read.exit }
    const { services, version } = read
    const name = record?.live.service ?? own.service
    const found = services.services.find(each => each.name === name)
    const present: SkyServePresent = {
      server: own.server,
      ...(version ? { version } : {}),
      names: services.services.map(each => each.name),
      ...(found ? { service: found } : {}),
    }
    const blocked =
      (await yamlProblem(own, folder)) ?? conflict(answers, present, name, record !== undefined)
    return blocked
      ? { present, findings: [blocked.finding], exit: blocked.exit }
      : { present: renamed(answers, present, record), findings: [] }
  })
}

async function readAll(
  url: string,
  world: World,
): Promise<Blocked | { services: Services; version?: string }> {
  const server = await plannedServer(url, world)
  const health = await askHealth(server, world)
  const evidence = (error: string) => ({ subject: url, evidence: oneLine(error) })
  if (!health.ok && health.why === 'silent') {
    const fix = `Start it: sky api start, or name another server in target.server.`
    return block(
      exitCodes.unavailable,
      finding(skyserveFindings, 'skyserve.no-server', { ...evidence(health.error), fix }),
    )
  }
  const signal = AbortSignal.timeout(180_000)
  try {
    const services = await readServices(null, server, { world, run: world.run, signal })
    if (!services.whole) {
      const fix = 'See what it lacks: sky check; then run the same command again.'
      return block(
        exitCodes.later,
        finding(skyserveFindings, 'skyserve.unsure', { ...evidence(services.seen), fix }),
      )
    }
    const version = health.ok ? atPath(health.value, 'version') : undefined
    return { services, ...(typeof version === 'string' ? { version } : {}) }
  } catch (error) {
    if (!(error instanceof Problem) || !error.findings[0]) throw error
    const said = error.exit !== exitCodes.failed
    if (health.ok || said) return block(error.exit, error.findings[0])
    return block(
      exitCodes.noPermission,
      finding(skyserveFindings, 'skyserve.login', {
        ...evidence(health.error),
        fix: 'Type: sky api login',
      }),
    )
  }
}

function block(exit: ExitCode, found: Finding): Blocked {
  return { exit, finding: found }
}

/** The service is started from a copy of the user's YAML: it must be one of a service. */
async function yamlProblem(own: SkyServeAnswers, folder: string): Promise<Blocked | undefined> {
  const path = isAbsolute(own.yaml) ? own.yaml : join(folder, own.yaml)
  const wrong = (evidence: string, fix: string) =>
    block(
      exitCodes.data,
      finding(skyserveFindings, 'skyserve.yaml', { subject: own.yaml, evidence, fix }),
    )
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const seen = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    return wrong(seen, 'Put the path of the service YAML into target.yaml.')
  }
  const { parse } = await import('../../plan/edit-yaml.ts')
  try {
    const service = parse(text, own.yaml).service
    if (service !== null && typeof service === 'object' && !Array.isArray(service)) return undefined
    return wrong(
      'it has no "service:" section',
      'Add one with readiness_probe and replicas, as SkyServe needs it.',
    )
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return wrong(error.findings[0]?.evidence ?? error.message, 'Put its YAML right.')
  }
}

/** Something of another owner, or in between, is in the way. */
function conflict(
  { target }: Answers,
  present: SkyServePresent,
  name: string,
  recorded: boolean,
): Blocked | undefined {
  const { service, names } = present
  const at = (id: keyof typeof skyserveFindings, exit: ExitCode, evidence: string, fix: string) =>
    block(exit, finding(skyserveFindings, id, { subject: name, evidence, fix }))
  const twin = names.find(each => each !== name && folderName(each) === folderName(name))
  if (twin && !service && target.onConflict !== 'rename') {
    return at(
      'skyserve.shared-folder',
      exitCodes.data,
      `${twin} runs`,
      `Name it otherwise: target.service: ${nextName(name, names)}`,
    )
  }
  if (!service) return undefined
  if (/^https?:\/\/[^/]+\/[^/]/.test(service.url ?? '')) {
    return at(
      'skyserve.ingress',
      exitCodes.data,
      service.url ?? '',
      'Put the certificate into the ingress.',
    )
  }
  if (service.status === 'SHUTTING_DOWN' && !recorded) {
    return at(
      'skyserve.going',
      exitCodes.later,
      'sky says SHUTTING_DOWN',
      'Wait until sky serve status no longer lists it.',
    )
  }
  if (service.tls && !recorded && ['ask', 'stop'].includes(target.onConflict)) {
    const evidence = `${service.url ?? 'no address yet'}, key ${service.keyfile ?? 'unknown'}`
    return at(
      'skyserve.foreign-pair',
      exitCodes.data,
      evidence,
      'Put target.onConflict: adopt (what is there is kept) or rename into the answers.',
    )
  }
  return undefined
}

/** With `onConflict: rename` a new service beside the one in the way is made, which stays untouched. */
function renamed(
  { target }: Answers,
  present: SkyServePresent,
  record: EndpointRecord | undefined,
): SkyServePresent {
  const name = String(target.service)
  const inTheWay =
    present.service?.tls === true ||
    present.names.some(each => folderName(each) === folderName(name))
  if (target.onConflict !== 'rename' || record || !inTheWay) return present
  const { service, ...rest } = present
  return { ...rest, newName: nextName(name, present.names) }
}
