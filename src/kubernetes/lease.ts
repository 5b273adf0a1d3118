import { readFileSync } from 'node:fs'
import { exitCodes } from '../exit-codes.ts'
import { finding } from '../findings.ts'
import type { Op, Performing } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { quoteCommand } from '../process/quote.ts'
import { startTime, stillRuns } from '../process/start-time.ts'
import { succeeded } from '../process/tool.ts'
import { kubernetesFindings } from './findings.ts'
import { type KubeObject, kubectlObjects, tryKubectl, unvalidated } from './kubectl.ts'
import { kubectlArgv, type Place, placeOf, shellPlace } from './place.ts'
import { kubernetesFinding, kubernetesProblem } from './problems.ts'

/** Seconds that a Lease holds, and milliseconds between two signs of life. */
export const leaseSeconds = 60
const renewMs = 20_000
/** Which boot of which machine holds it, and which process: one that was killed here is known to be gone. */
const bootNote = 'secure-endpoint.dev/boot'
const processNote = 'secure-endpoint.dev/process'

/**
 * Takes the endpoint's Lease in the namespace of its workload, so that two people on two machines do
 * not change it at once, and keeps it until the run ends: `{place, name}`. One whose holder gave no
 * sign of life for a minute is taken over.
 *
 * @throws Problem with exit 75 that names who has it since when
 */
export const holdOp: Op = {
  changes: false,
  endsWithRun: true,
  async run(input, ctx): Promise<Json> {
    const place = placeOf(input.place)
    const name = String(input.name)
    const { user, host, pid } = ctx.world.who
    const holder = `${user}@${host} (process ${pid})`
    let version = await take(place, name, holder, ctx)
    const ended = new AbortController()
    const calling = { run: ctx.world.run, userFolder: ctx.userFolder, signal: ended.signal }
    const renewing = ctx.rehearsal
      ? undefined
      : setInterval(() => {
          replace(place, manifest(name, place, holder, ctx, version), calling)
            .then(next => {
              if (next === undefined) lost(name, place, ctx)
              version = next ?? version
            })
            .catch(() => {}) // an API server that is away for a moment: the next sign of life counts
        }, renewMs)
    renewing?.unref()
    ctx.atEnd(async () => {
      clearInterval(renewing)
      const forWhile = { ...calling, signal: AbortSignal.timeout(10_000) }
      await release(place, name, { holder, version }, forWhile)
    })
    return { held: true, seen: `held by ${holder}` }
  },
  printed: ({ place, name }, show) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), 'create', unvalidated, '-f', '-')),
    `  Lease ${show(name)}: given back at the end`,
  ],
  shell: ({ place, name }, sh) => [`kube_hold ${shellPlace(place, sh)} ${sh.word(name)}`],
}

type LeaseCalling = Pick<Performing, 'run' | 'userFolder' | 'signal'>

async function take(
  place: Place,
  name: string,
  holder: string,
  ctx: Performing,
): Promise<string | undefined> {
  // mostly nobody has it: then one call takes it
  const made = await create(place, manifest(name, place, holder, ctx), ctx)
  if (made !== undefined) return made
  for (let tries = 0; tries < 3; tries += 1) {
    const found = await read(place, name, ctx)
    const taken = found && heldByOther(found, holder, ctx)
    if (taken) throw locked(found, place, name)
    const version = found?.metadata.resourceVersion
    const wanted = manifest(name, place, holder, ctx, version)
    const next = found ? await replace(place, wanted, ctx) : await create(place, wanted, ctx)
    if (next !== undefined) return next
  }
  const found = await read(place, name, ctx)
  throw locked(found, place, name)
}

function heldByOther(lease: KubeObject, holder: string, { world }: Performing): boolean {
  const { spec = {} } = lease
  const { holderIdentity = '', renewTime, leaseDurationSeconds = leaseSeconds } = spec
  if (holderIdentity === '' || holderIdentity === holder || isDeadHere(lease)) return false
  const silent = world.clock.now() - Date.parse(String(renewTime))
  return !(silent > Number(leaseDurationSeconds) * 1000)
}

/** Whether the holder was a process of this machine, since its last boot, that is gone. */
function isDeadHere({ metadata }: KubeObject): boolean {
  const { [bootNote]: boot, [processNote]: process = '' } = metadata.annotations ?? {}
  const [pid = '', start = ''] = process.split(' ')
  return boot !== undefined && boot === bootId() && !stillRuns(Number(pid), start)
}

/** What tells this machine, in this boot, from all others; undefined where the system does not say. */
function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return undefined
  }
}

function manifest(
  name: string,
  { namespace }: Place,
  holder: string,
  { world }: Pick<Performing, 'world'>,
  resourceVersion?: string,
): Json {
  // MicroTime: Kubernetes wants six digits
  const now = new Date(world.clock.now()).toISOString().replace('Z', '000Z')
  const boot = bootId()
  const { pid } = world.who
  const annotations =
    boot === undefined ? {} : { [bootNote]: boot, [processNote]: `${pid} ${startTime(pid) ?? ''}` }
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace,
      annotations,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: leaseSeconds,
      acquireTime: now,
      renewTime: now,
    },
  }
}

async function read(
  place: Place,
  name: string,
  calling: LeaseCalling,
): Promise<KubeObject | undefined> {
  const words = ['get', 'leases', `--field-selector=metadata.name=${name}`]
  return (await kubectlObjects(place, words, calling))[0]
}

async function create(place: Place, wanted: Json, calling: LeaseCalling) {
  return written(place, ['create'], wanted, 'AlreadyExists', calling)
}

/** The new version, or undefined where somebody else was faster. */
async function replace(place: Place, wanted: Json, calling: LeaseCalling) {
  return written(place, ['replace'], wanted, 'Conflict|object has been modified|NotFound', calling)
}

async function written(
  place: Place,
  words: string[],
  wanted: Json,
  faster: string,
  calling: LeaseCalling,
): Promise<string | undefined> {
  const path = '-o=jsonpath={.metadata.resourceVersion}'
  const stdin = JSON.stringify(wanted)
  const result = await tryKubectl(place, [...words, unvalidated, '-f', '-', path], calling, {
    stdin,
  })
  if (succeeded(result)) return result.stdout.trim()
  if (new RegExp(faster).test(result.stderr)) return undefined
  throw kubernetesProblem(result, place, 60_000)
}

/** Gives it back where nobody has touched it since; where somebody has, only if it still is ours. */
async function release(
  place: Place,
  name: string,
  { holder, version }: { holder: string; version: string | undefined },
  calling: LeaseCalling,
) {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${place.namespace}/leases/${name}`
  const preconditions = { resourceVersion: version ?? '' }
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions }
  const stdin = JSON.stringify(options)
  const result = await tryKubectl(place, ['delete', '--raw', path, '-f', '-'], calling, { stdin })
  if (succeeded(result) || result.stderr.includes('NotFound')) return
  const found = await read(place, name, calling)
  if (found?.spec?.holderIdentity !== holder) return
  await tryKubectl(place, ['delete', 'lease', name, '--ignore-not-found'], calling)
}

function locked(found: KubeObject | undefined, place: Place, name: string) {
  const { holderIdentity = 'somebody', acquireTime = '', renewTime = '' } = found?.spec ?? {}
  const since = String(acquireTime).slice(0, 16).replace('T', ' ')
  return kubernetesFinding('kube.locked', exitCodes.later, {
    title: `${name} is locked by ${holderIdentity} since ${since} UTC.`,
    subject: `${place.namespace}/${name}`,
    evidence: `last sign of life ${renewTime}`,
    fix: `Wait until it ends; a lock without a sign of life for ${leaseSeconds} s is taken over by the same command.`,
  })
}

function lost(name: string, place: Place, ctx: Performing): void {
  ctx.finding(
    finding(kubernetesFindings, 'kube.lease-lost', {
      subject: `${place.namespace}/${name}`,
      evidence: 'the Lease has another holder',
      fix: 'Ask who it is: kubectl get lease; run the same command again when that run has ended.',
    }),
  )
}
