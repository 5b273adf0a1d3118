import type { Answered } from '../../answers/answers.ts'
import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { readContexts } from '../../kubernetes/contexts.ts'
import { type KubeObject, tryKubectl } from '../../kubernetes/kubectl.ts'
import { type Calling, kubectlArgv } from '../../kubernetes/place.ts'
import { kubernetesProblem } from '../../kubernetes/problems.ts'
import { isIP } from '../../net/is-ip.ts'
import { succeeded } from '../../process/tool.ts'
import type { World } from '../../world.ts'
import { discovering } from '../discovering.ts'
import type { Discovery, Known } from '../target.ts'
import { managedOf, operatorAnswers, placeOfAnswers, secretOf } from './answers.ts'
import { operatorFindings } from './findings.ts'
import { otherRoot } from './other-root.ts'
import { ownSecret } from './own-secret.ts'
import { type ResourceTls, refusedField, resourceKind, tlsIn } from './resource.ts'

/** What was read of the cluster. */
export interface OperatorPresent {
  /** URL of the API server; empty where the context does not say. */
  server: string
  tls: ResourceTls
  /** Name of the Secret that the pods shall mount. */
  secret: string
  /** In words why what cert-manager makes has another root than what the nodes started with. */
  otherRoot?: string
}

/** Milliseconds for all of it. */
const limitMs = 60_000
const nothing: OperatorPresent = {
  server: '',
  tls: { secretName: '', useHttps: false, ports: { proxy: 0, target: 0 } },
  secret: '',
}

/** Reads the resource; changes nothing. */
export async function discover(
  answered: Answered,
  world: World,
  known: Known,
): Promise<Discovery<OperatorPresent>> {
  const signal = AbortSignal.timeout(limitMs)
  const calling: Calling = { run: world.run, signal, userFolder: answered.folder }
  return discovering(nothing, ['kubectl'], world, () => read(answered, world, known, calling))
}

async function read(
  { answers, folder }: Answered,
  world: World,
  { record }: Known,
  calling: Calling,
): Promise<Discovery<OperatorPresent>> {
  const own = operatorAnswers(answers)
  const place = placeOfAnswers(own)
  const words = ['get', resourceKind, own.resource, '-o', 'json']
  const [contexts, got] = await Promise.all([
    readContexts({ world, folder, signal: calling.signal }, own.kubeconfig),
    tryKubectl(place, words, calling),
  ])
  const subject = `${own.namespace}/${own.resource}`
  if (!succeeded(got)) {
    const problem = kubernetesProblem(got, place, limitMs)
    if (!/NotFound|doesn't have a resource type/.test(got.stderr)) throw problem
    const found = finding(operatorFindings, 'ais-operator.no-resource', {
      subject,
      evidence: problem instanceof Problem ? (problem.findings[0]?.evidence ?? '') : '',
      fix: `See which there are: ${kubectlArgv(place, 'get', resourceKind, '--all-namespaces').join(' ')}`,
    })
    return { present: nothing, findings: [found], exit: exitCodes.data }
  }
  const object = JSON.parse(got.stdout) as KubeObject
  const server = contexts.find(({ name }) => name === own.context)?.server ?? ''
  const present: OperatorPresent = { server, tls: tlsIn(object), secret: secretOf(answers) }
  const stop = (id: keyof typeof operatorFindings, evidence: string, fix: string) => ({
    present,
    findings: [finding(operatorFindings, id, { subject, evidence, fix })],
    exit: exitCodes.data,
  })
  const field = refusedField(object)
  if (field !== undefined)
    return stop(
      'ais-operator.refused-field',
      `spec.${field} is set`,
      `Take it out of the resource: kubectl edit ${resourceKind} ${own.resource}`,
    )
  const other = otherWay(answers, present.tls)
  if (other) return stop(...other)
  const { secretName, certificate } = present.tls
  const foreign = (secretName !== '' || certificate !== undefined) && record === undefined
  if (foreign && ['ask', 'stop'].includes(answers.target.onConflict))
    return stop(
      'ais-operator.foreign-tls',
      certificate ? 'spec.tls.certificate is set' : `spec.tls.secretName is ${secretName}`,
      certificate
        ? 'Put target.onConflict: adopt into the answers: cert-manager goes on as certificate.issuer says.'
        : `Put target.secret: ${secretName} and target.onConflict: adopt into the answers: what it holds is kept. With target.onConflict: rename the pods get a Secret of their own, and that one stays as it is.`,
    )
  const at = { place, endpoint: answers.endpoint, resource: own.resource }
  const managed = managedOf(answers)
  if (managed) {
    const other = await otherRoot(managed, present.tls, at, { ...calling, world })
    return { present: { ...present, ...(other ? { otherRoot: other } : {}) }, findings: [] }
  }
  const { onConflict } = answers.target
  const asked = { ...at, secret: own.secret, onConflict, mounted: secretName, record }
  return { present: { ...present, secret: await ownSecret(asked, calling) }, findings: [] }
}

/**
 * What cert-manager writes goes over the Secret that was there, and it is asked for DNS names alone: why
 * a resource cannot get its certificate as the answers say.
 */
function otherWay(
  answers: Answered['answers'],
  { secretName, certificate }: ResourceTls,
): [id: keyof typeof operatorFindings, evidence: string, fix: string] | undefined {
  const isManaged = managedOf(answers) !== undefined
  if (isManaged && secretName !== '')
    return [
      'ais-operator.other-way',
      `spec.tls.secretName is ${secretName}`,
      `Take the cluster back to HTTP first: secure-endpoint disable ${answers.endpoint}, or take spec.tls out of the resource.`,
    ]
  if (!isManaged && certificate !== undefined)
    return [
      'ais-operator.other-way',
      'spec.tls.certificate: cert-manager makes it, and renews it',
      'Put certificate.source: managed and its certificate.issuer into the answers, or take spec.tls out of the resource first.',
    ]
  const { certificate: asked, domain } = answers
  const addresses = asked.source === 'managed' ? [domain, ...asked.names].filter(isIP) : []
  return addresses.length === 0
    ? undefined
    : [
        'ais-operator.no-address',
        addresses.join(', '),
        'Use the name of a Service as the domain: NAME-proxy.NAMESPACE.svc.cluster.local.',
      ]
}
