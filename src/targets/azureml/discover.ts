import { X509Certificate } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import type { Answered, Answers, CertificateAnswers } from '../../answers/answers.ts'
import { az } from '../../azure/az.ts'
import { Problem } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Finding, finding } from '../../findings.ts'
import { recentlyMissing } from '../../kubernetes/access.ts'
import { tryKubectl } from '../../kubernetes/kubectl.ts'
import type { Calling } from '../../kubernetes/place.ts'
import { isIP } from '../../net/is-ip.ts'
import { atPath } from '../../plan/predicate.ts'
import { plainText } from '../../process/plain-text.ts'
import { succeeded } from '../../process/tool.ts'
import type { World } from '../../world.ts'
import { discovering } from '../discovering.ts'
import type { Discovery, Known } from '../target.ts'
import { type AzureMlAnswers, azuremlAnswers, namespace, type Where, whereOf } from './answers.ts'
import { agreedServer, recentlySame } from './cluster.ts'
import { type Extension, hasStoredPair, lostSettings, recentExtension } from './extension.ts'
import { azuremlFindings } from './findings.ts'
import { type ForeignIngress, foreignIn, foreignIngress, readIngress } from './ingress.ts'
import { readSettings } from './ops-change.ts'
import type { AzureMlPresent } from './present.ts'
import { accessRules } from './steps/checks.ts'
import { placeOf } from './steps/commands.ts'

type Blocked = { finding: Finding; exit: ExitCode }

const limitMs = 180_000

/** Reads the extension and whether az and kubectl mean one cluster: both at once, changing nothing. */
export async function discover(
  { answers, folder }: Answered,
  world: World,
  { record }: Pick<Known, 'record'>,
): Promise<Discovery<AzureMlPresent>> {
  const own = azuremlAnswers(answers)
  const where = whereOf(own)
  const nothing: AzureMlPresent = { server: '' }
  const calling = { run: world.run, signal: AbortSignal.timeout(limitMs), userFolder: folder }
  const reading = { ...calling, world, recent: new Map() }
  return discovering(nothing, ['az', 'kubectl'], world, async () => {
    const early = notForIt(answers.domain)
    if (early) return { present: nothing, findings: [early.finding], exit: early.exit }
    const [read, compared] = await Promise.allSettled([
      recentExtension(where, reading),
      recentlySame(where, own, reading, agreedServer(where, record?.live)),
      // az takes longer: what a rotation asks next is asked meanwhile
      record ? recentlyMissing(placeOf(own), accessRules(own, false), reading) : undefined,
    ])
    // what Azure knows comes first: a cluster that is not there cannot be another one
    if (read.status === 'rejected') throw await notFound(read.reason, where, calling)
    if (compared.status === 'rejected') throw await notFound(compared.reason, where, calling)
    const [extension, { url: server }] = [read.value, compared.value]
    const [leaf, theirs] = await Promise.all([
      // what we have put there ourselves is in the record
      record?.https ? undefined : leafOf(extension, own, calling),
      own.mode === 'ingress' ? ingressInTheWay(own, answers.endpoint, calling) : undefined,
    ])
    const present: AzureMlPresent = {
      server,
      ...(extension ? { extension } : {}),
      ...(leaf === undefined ? {} : { servedLeaf: leaf }),
      ...(theirs === undefined ? {} : { foreignIngress: theirs }),
    }
    const hasPair = record?.https === true
    const blocked =
      conflict(answers.target.onConflict, own, extension, record !== undefined) ??
      ingressConflict(answers, theirs) ??
      noAddress(own, extension) ??
      (await lost(own, extension, folder))
    if (blocked) return { present, findings: [blocked.finding], exit: blocked.exit }
    return {
      present,
      recent: reading.recent,
      findings: [...warnings(own, present, hasPair), ...keyNote(answers.certificate)],
    }
  })
}

/** What was read of the extension did not come: with what else Azure knows where the cluster is not found. */
async function notFound(error: unknown, where: Where, calling: Calling): Promise<unknown> {
  const [found] = error instanceof Problem ? error.findings : []
  if (!(error instanceof Problem) || found?.id !== 'azure.not-found') return error
  return new Problem(error.exit, [await otherType(where, found, calling)])
}

function notForIt(domain: string): Blocked | undefined {
  if (!isIP(domain) && domain.includes('.')) return undefined
  return block('azureml.domain', {
    subject: domain,
    evidence: isIP(domain) ? 'this is an address' : 'this name has no domain',
    fix: 'Put the name that clients use into domain, for example ml.example.com.',
  })
}

/** Azure says the same of a cluster that is not there and of one that is of the other type. */
async function otherType(where: Where, found: Finding, calling: Calling): Promise<Finding> {
  const { subscription, cluster, resourceGroup, clusterType } = where
  const args = ['resource', 'list', '--subscription', subscription, '--name', cluster]
  const answer = await az({ args, limitMs: 60_000 }, calling)
  const all = answer.ok && Array.isArray(answer.value) ? answer.value : []
  const same = all.filter(
    each => String(atPath(each, 'name')).toLowerCase() === cluster.toLowerCase(),
  )
  const types = same.map(each => plainText(String(atPath(each, 'type'))))
  const groups = same.map(each => plainText(String(atPath(each, 'resourceGroup'))))
  const wanted = clusterType === 'aks' ? /connectedClusters$/i : /managedClusters$/i
  if (types.some(type => wanted.test(type))) {
    const other = clusterType === 'aks' ? 'arc' : 'aks'
    const title = `${cluster} is a cluster of the other type.`
    return {
      ...found,
      title,
      evidence: types.join(', '),
      fix: `Write target.clusterType: ${other}.`,
    }
  }
  const elsewhere = groups.find(group => group.toLowerCase() !== resourceGroup.toLowerCase())
  return elsewhere === undefined
    ? found
    : {
        ...found,
        evidence: `it is in ${elsewhere}`,
        fix: `Write target.resourceGroup: ${elsewhere}.`,
      }
}

/** Something of another owner is in the way, or no update leads from here to there. */
function conflict(
  onConflict: string,
  own: AzureMlAnswers,
  extension: Extension | undefined,
  recorded: boolean,
): Blocked | undefined {
  if (!extension) return undefined
  if (extension.name !== own.extension) {
    return block('azureml.other-extension', {
      subject: own.cluster,
      evidence: `it is called ${extension.name}`,
      fix: `Write target.extension: ${extension.name}.`,
    })
  }
  if (own.mode === 'secret' && hasStoredPair(extension) && own.recreate === 'no') {
    return block('azureml.pem-wins', {
      subject: extension.name,
      evidence: 'scoringFe.sslCert is among the protected settings',
      fix: 'Write target.mode: pem, or target.recreate: yes (endpoints are away for some 30 minutes).',
    })
  }
  const tls = extension.mode === 'secret' || extension.mode === 'pem'
  if (tls && !recorded && onConflict !== 'adopt') {
    return block('azureml.foreign-pair', {
      subject: extension.name,
      evidence: extension.secret ? `Secret ${extension.secret}` : 'stored files',
      fix: `${onConflict === 'rename' ? 'An extension has one certificate, so there is no other name for it. ' : ''}Put target.onConflict: adopt (what is there is kept) into the answers.`,
    })
  }
  return undefined
}

/**
 * A Service without a load balancer of its own has an outside address only where the answers name it. The
 * type is that of the extension, once it serves models; an update does not change it.
 */
function noAddress(own: AzureMlAnswers, extension: Extension | undefined): Blocked | undefined {
  if (own.mode === 'ingress' || own.front !== undefined) return undefined
  const serves = extension?.settings.enableInference?.toLowerCase() === 'true'
  const type = serves ? extension.serviceType : own.serviceType
  if (type.toLowerCase() === 'loadbalancer') return undefined
  return block('azureml.no-address', {
    subject: 'target.front',
    evidence: `azureml-fe is of type ${type}, and target.front is not named`,
    fix: 'Write target.mode: ingress (an Ingress ends TLS before it), or name the address of the load balancer that stands before it in target.front: HOST or HOST:PORT.',
  })
}

/**
 * The Ingress of the wanted name, where it is somebody else's. Where it may not be read, the check of
 * the permissions says so, with the Role to ask for.
 */
async function ingressInTheWay(
  own: AzureMlAnswers,
  name: string,
  calling: Calling,
): Promise<ForeignIngress | undefined> {
  try {
    return foreignIn(await readIngress(own, name, calling), name)
  } catch (error) {
    if (error instanceof Problem && error.findings[0]?.id === 'kube.forbidden') return undefined
    throw error
  }
}

function ingressConflict(
  { endpoint, target }: Answers,
  foreign: ForeignIngress | undefined,
): Blocked | undefined {
  if (!foreign || target.onConflict === 'adopt') return undefined
  return { finding: foreignIngress(endpoint, foreign), exit: exitCodes.data }
}

/** Protected settings are replaced as a whole: what is not sent again is gone. */
async function lost(
  own: AzureMlAnswers,
  extension: Extension | undefined,
  folder: string,
): Promise<Blocked | undefined> {
  if (own.mode !== 'pem' || !extension) return undefined
  const wanted = lostSettings(extension)
  if (wanted.length === 0) return undefined
  const { protectedSettings: file } = own
  const path = file === undefined || isAbsolute(file) ? file : join(folder, file)
  const given = path === undefined ? {} : await readSettings(path)
  const missing = wanted.filter(key => given[key] === undefined)
  if (missing.length === 0) return undefined
  return block('azureml.protected-lost', {
    subject: extension.name,
    evidence: missing.join(', '),
    fix: 'Write them with their values into a JSON file, and name it in target.protectedSettings.',
  })
}

function warnings(
  own: AzureMlAnswers,
  { extension, servedLeaf }: AzureMlPresent,
  hasPair: boolean,
): Finding[] {
  if (own.mode !== 'pem' || !extension || hasPair || own.previousKey) return []
  const evidence =
    extension.mode === 'pem'
      ? 'the pair in place is stored in Azure alone'
      : extension.mode === 'secret' && servedLeaf === undefined
        ? `Secret ${extension.secret ?? ''} cannot be read`
        : undefined
  if (evidence === undefined) return []
  return [
    finding(azuremlFindings, 'azureml.no-way-back', {
      subject: extension.name,
      evidence,
      fix: 'Name it in target.previousChain and target.previousKey, if you have it.',
    }),
  ]
}

/** Envoy takes ECDSA on P-256; Microsoft's own check of a key is one of RSA. */
function keyNote(certificate: CertificateAnswers): Finding[] {
  if (certificate.source !== 'self-signed' || certificate.keyType.startsWith('rsa')) return []
  const fix = 'Write certificate.keyType: rsa-2048, or rely on the proof.'
  const occurrence = { subject: 'certificate.keyType', evidence: certificate.keyType, fix }
  return [finding(azuremlFindings, 'azureml.key-type', occurrence)]
}

/** The leaf in the Secret that is in place; its key is not asked for. */
async function leafOf(
  extension: Extension | undefined,
  own: AzureMlAnswers,
  calling: Calling,
): Promise<string | undefined> {
  if (extension?.mode !== 'secret' || !extension.secret) return undefined
  const path = '-o=jsonpath={.data.cert\\.pem}'
  const words = ['get', 'secret', extension.secret, '--ignore-not-found', path]
  const result = await tryKubectl({ ...own, namespace }, words, calling)
  if (!succeeded(result) || result.stdout === '') return undefined
  try {
    return new X509Certificate(Buffer.from(result.stdout, 'base64')).fingerprint256
  } catch {
    return undefined
  }
}

function block(
  id: keyof typeof azuremlFindings,
  occurrence: { subject: string; evidence: string; fix: string },
): Blocked {
  return { finding: finding(azuremlFindings, id, occurrence), exit: exitCodes.data }
}
