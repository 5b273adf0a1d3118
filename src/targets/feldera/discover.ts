import { X509Certificate } from 'node:crypto'
import type { Answered, Answers } from '../../answers/answers.ts'
import { missingSecret, type Secrets } from '../../answers/secret.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Finding, finding } from '../../findings.ts'
import { readContexts } from '../../kubernetes/contexts.ts'
import {
  freshRelease,
  isPending,
  type Release,
  readRelease,
} from '../../kubernetes/helm/release.ts'
import { lastGood, mustBeOurs } from '../../kubernetes/helm/settle.ts'
import { freshNamespace } from '../../kubernetes/namespace.ts'
import type { Calling, Place } from '../../kubernetes/place.ts'
import { ownerOf } from '../../kubernetes/secret.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import { recordPaths } from '../../record/paths.ts'
import type { World } from '../../world.ts'
import { discovering } from '../discovering.ts'
import type { Discovery, Known } from '../target.ts'
import { type FelderaAnswers, felderaAnswers, placeOfAnswers } from './answers.ts'
import { withApis } from './api.ts'
import { isPipeline, pipelineId, secretValue } from './components.ts'
import { felderaFindings } from './findings.ts'
import { listPipelines, running } from './list.ts'
import type { FelderaPresent } from './present.ts'
import { askChart, askChecks, askVersion, isThere, type Reading } from './reading.ts'
import { chainInSecret, rootsOfEndpoint } from './trust.ts'

/** With it, each pipeline has a namespace of its own. */
const ownNamespaces = 'kubernetesRunner.enablePerPipelineNamespace'
/** Milliseconds for all of it. */
const limitMs = 120_000

/** Reads cluster, release and pipelines; changes nothing. */
export async function discover(
  answered: Answered,
  world: World,
  known: Known,
): Promise<Discovery<FelderaPresent>> {
  const signal = AbortSignal.timeout(limitMs)
  const { run } = world
  const reading: Reading = { run, signal, userFolder: answered.folder, world, recent: new Map() }
  return discovering(none(), ['kubectl', 'helm'], world, () => read(answered, known, reading))
}

/** What does not need another's answer is asked at once: each call starts a process that takes its time. */
async function read(
  { answers, folder }: Answered,
  { record, secrets }: Known,
  reading: Reading,
): Promise<Discovery<FelderaPresent>> {
  const { world, signal } = reading
  const own = felderaAnswers(answers)
  const place = placeOfAnswers(own)
  const [version, contexts, working, namespace] = await Promise.allSettled([
    askVersion(own, reading),
    readContexts({ world, folder, signal }, own.kubeconfig),
    readWorking(place, own.release, reading),
    freshNamespace(place, reading),
    ...(record ? [askChecks(answers, reading)] : []),
  ])
  const release = answerOf(working, version, contexts)
  const present: FelderaPresent = {
    ...none(),
    server: answerOf(contexts).find(({ name }) => name === own.context)?.server ?? '',
    kubernetes: answerOf(version),
    namespace: release.status !== 'absent' || (await isThere(place, reading)),
  }
  if (!present.namespace) return judged(answers, present, secrets)
  const name = release.values[secretValue] ?? ''
  const { status, revision, version: chartVersion } = release
  const whole: FelderaPresent = {
    ...present,
    release: { status, revision, version: chartVersion, secret: name },
  }
  if (status === 'absent') return judged(answers, whole, secrets)
  const wrong = releaseProblem(own, release)
  if (wrong) return { present: whole, findings: [wrong], exit: exitCodes.data }
  const { workloads } = answerOf(namespace)
  const roots = await rootsOfEndpoint(recordPaths(world.stateFolder, answers.endpoint))
  const [chain, lists] = await Promise.allSettled([
    chainInSecret(place, name, reading),
    withApis({ place, roots }, secrets, reading, listPipelines),
    ...(record ? [askChart(answers, whole, reading)] : []),
  ])
  const [leaf] = answerOf(chain)
  if (leaf) whole.leaf = new X509Certificate(leaf).fingerprint256
  const all = answerOf(lists).flat()
  const sets = workloads.filter(isPipeline).map(pipelineId)
  whole.pipelines = running(all)
  whole.unlisted = sets.filter(id => !all.some(each => each.id === id))
  const conflict = name === '' || record ? undefined : await foreign(answers, whole, place, reading)
  return conflict
    ? { present: whole, findings: [conflict], exit: exitCodes.data }
    : { ...judged(answers, whole, secrets), recent: reading.recent }
}

/** What was asked with others; a problem of one that was asked before it comes first. */
function answerOf<T>(
  asked: PromiseSettledResult<T>,
  ...before: readonly PromiseSettledResult<unknown>[]
): T {
  for (const each of before) if (each.status === 'rejected') throw each.reason
  if (asked.status === 'rejected') throw asked.reason
  return asked.value
}

/**
 * The release as the way back must find it: where its newest revision is half done or has failed, the
 * youngest that worked. What somebody else is at stops here, before a plan hangs on it.
 */
async function readWorking(place: Place, name: string, calling: Reading): Promise<Release> {
  const paths = [secretValue, ownNamespaces]
  const newest = await freshRelease(place, name, calling, paths)
  if (['deployed', 'absent'].includes(newest.status)) return newest
  if (isPending(newest)) await mustBeOurs(place, name, newest, calling)
  const revision = await lastGood(place, name, calling)
  return revision === 0 ? newest : readRelease(place, name, calling, paths, revision)
}

function judged(
  answers: Answers,
  present: FelderaPresent,
  secrets: Secrets,
): Discovery<FelderaPresent> {
  const own = felderaAnswers(answers)
  const stop = (found: Finding, exit: ExitCode) => ({ present, findings: [found], exit })
  if (present.release.status === 'absent') {
    if (own.install === 'existing') return stop(noRelease(own), exitCodes.data)
    const lacking = incomplete(own)
    if (lacking) return stop(lacking, exitCodes.data)
    if (own.cloudSecret === undefined && secrets['target.licence'] === undefined) {
      const { exit, findings } = missingSecret('target.licence', 'The licence key of Feldera')
      return { present, findings: [...findings], exit }
    }
    return { present, findings: [] }
  }
  if (present.unlisted.length === 0) return { present, findings: [] }
  const found = otherTenants(own, present)
  return own.otherTenants === 'leave'
    ? { present, findings: [{ ...found, severity: 'warns' }] }
    : stop(found, exitCodes.data)
}

function releaseProblem(own: FelderaAnswers, release: Release): Finding | undefined {
  if (!/^feldera/.test(release.chart))
    return finding(felderaFindings, 'feldera.other-chart', {
      subject: own.release,
      evidence: `chart ${release.chart} ${release.version}`,
      fix: 'Name the release of Feldera in target.release: helm list --all-namespaces',
    })
  if (release.values[ownNamespaces] === 'true')
    return finding(felderaFindings, 'feldera.namespaces', {
      subject: own.release,
      evidence: 'kubernetesRunner.enablePerPipelineNamespace: true',
      fix: 'Switch it off in the release, or keep HTTP inside and end TLS at an ingress.',
    })
  return undefined
}

/**
 * A certificate that somebody else put there, where nobody has said that it may be replaced. One value
 * names the Secret of a whole release: under no other name could both be served.
 */
async function foreign(
  answers: Answers,
  { release }: FelderaPresent,
  place: Parameters<typeof readSecret>[0]['place'],
  calling: Calling,
): Promise<Finding | undefined> {
  const { onConflict } = answers.target
  if (onConflict === 'adopt') return undefined
  const secret = await readSecret({ place, name: release.secret }, calling)
  const { owner, words } = secret
    ? ownerOf(secret, answers.endpoint)
    : { owner: 'other', words: 'not there any more' }
  if (owner === 'ours') return undefined
  return finding(felderaFindings, 'feldera.foreign-secret', {
    subject: release.secret,
    evidence: `Secret ${release.secret} is ${words}`,
    fix: `${onConflict === 'rename' ? 'A release has one certificate, so there is no other name for it. ' : ''}Put target.onConflict: adopt into the answers: what is there is kept as generation 0, and its Secret stays.`,
  })
}

function noRelease({ release, namespace }: FelderaAnswers): Finding {
  return finding(felderaFindings, 'feldera.no-release', {
    subject: `${namespace}/${release}`,
    evidence: `no release ${release} in namespace ${namespace}`,
    fix: 'See which there are: helm list --all-namespaces; to install one, put target.install: new into the answers.',
  })
}

function incomplete(own: FelderaAnswers): Finding | undefined {
  const lacks = [
    own.version === undefined ? 'target.version' : '',
    own.databaseSecret === undefined ? 'target.databaseSecret' : '',
    own.cloudSecret === undefined && own.accountId === undefined
      ? 'target.accountId (or target.cloudSecret)'
      : '',
  ].filter(Boolean)
  if (lacks.length === 0) return undefined
  return finding(felderaFindings, 'feldera.incomplete', {
    title: `A new installation needs ${lacks.join(', ')}.`,
    subject: own.release,
    evidence: '',
    fix: 'Put them into the answers.',
  })
}

function otherTenants({ namespace }: FelderaAnswers, { unlisted }: FelderaPresent): Finding {
  return finding(felderaFindings, 'feldera.other-tenants', {
    title: `${unlisted.length} pipeline${unlisted.length === 1 ? '' : 's'} in namespace ${namespace} ${unlisted.length === 1 ? 'is' : 'are'} not seen by this API key.`,
    subject: namespace,
    evidence: unlisted.map(id => `pipeline-${id}`).join(', '),
    fix: 'Give the keys of all tenants, one a line in the file of target.apiKey; or put target.otherTenants: leave into the answers: their owners restart them afterwards.',
  })
}

function none(): FelderaPresent {
  return {
    server: '',
    kubernetes: '',
    namespace: false,
    release: { status: 'absent', revision: 0, version: '', secret: '' },
    pipelines: [],
    unlisted: [],
  }
}
