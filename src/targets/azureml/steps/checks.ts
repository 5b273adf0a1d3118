import type { Answers } from '../../../answers/answers.ts'
import { azureFindings } from '../../../azure/findings.ts'
import type { Rule } from '../../../kubernetes/access.ts'
import { checkAccess, checkCluster, checkKubectl, commonRules } from '../../../kubernetes/steps.ts'
import type { Explanation, Step } from '../../../plan/plan.ts'
import type { Wanted } from '../../target.ts'
import { type AzureMlAnswers, azuremlAnswers, whereOf } from '../answers.ts'
import { agreedServer, arcNamespace } from '../cluster.ts'
import { hasStoredPair } from '../extension.ts'
import type { AzureMlPresent } from '../present.ts'
import { clusterInput } from '../words.ts'
import { extensionLook, isMoving, placeOf } from './commands.ts'

/** k8s-extension 1.4.1 is the first whose update passes sslSecret on rightly. */
const newEnough = '^(1\\.(4\\.([1-9]|\\d\\d)|([5-9]|\\d\\d)\\.)|[2-9]\\.|\\d\\d)'

/** az is there with the extension that every later call needs. */
const checkAz: Step = {
  id: 'check.az',
  phase: 'check',
  title: 'Ask az for its version and its extension k8s-extension',
  act: {
    do: 'exec',
    argv: ['az', 'version', '-o', 'json', '--only-show-errors'],
    limit: '1m',
    expect: [{ exit: [0] }, { json: 'extensions.k8s-extension', matches: newEnough }],
    explains: [noExtension()],
  },
  captures: { version: { json: 'azure-cli' } },
  needs: [],
  onFail: 'stop',
}

function noExtension(): Explanation {
  const { title, why } = azureFindings['azure.no-k8s-extension']
  return {
    when: { regex: '"azure-cli"' },
    id: 'azure.no-k8s-extension',
    exit: 69,
    title,
    why,
    fix: 'Type: az extension add --upgrade -n k8s-extension',
  }
}

/** What the target's own steps do in the cluster, beside those that every target shares. */
const ownRules: readonly Rule[] = [
  { group: 'apps', resource: 'deployments', verbs: ['patch'] },
  { group: '', resource: 'configmaps', verbs: ['get'] },
]

const ingressRules: readonly Rule[] = [
  {
    group: 'networking.k8s.io',
    resource: 'ingresses',
    verbs: ['get', 'create', 'update', 'patch', 'delete'],
  },
]

const namespaceRules: readonly Rule[] = [
  { group: '', resource: 'namespaces', verbs: ['get', 'create'], clusterWide: true },
]

/** What the agents of Azure Arc keep of the cluster's own id. */
const arcRules: readonly Rule[] = [
  { group: '', resource: 'configmaps', verbs: ['get'], namespace: arcNamespace },
]

/** All that a plan may have to do in the cluster; where the extension is made, also its namespace. */
export function accessRules(own: AzureMlAnswers, isMade: boolean): Rule[] {
  return [
    ...commonRules,
    ...ownRules,
    ...(own.mode === 'ingress' ? ingressRules : []),
    ...(own.clusterType === 'arc' ? arcRules : []),
    ...(isMade ? namespaceRules : []),
  ]
}

/** The extension is not there yet, or is deleted and created again: the namespace may be missing. */
function isMadeAnew({ mode }: AzureMlAnswers, { extension }: AzureMlPresent): boolean {
  return !extension || (mode === 'secret' && hasStoredPair(extension))
}

/** az's cluster is kubectl's. */
function checkSameCluster(own: AzureMlAnswers, agreed: string | undefined): Step {
  return {
    id: 'check.same-cluster',
    phase: 'check',
    title: 'Hold the cluster of az against the context of kubectl',
    act: {
      do: 'op:azureml.same-cluster',
      input: {
        where: { ...whereOf(own) },
        cluster: clusterInput(placeOf(own)),
        ...(agreed === undefined ? {} : { agreed }),
      },
      limit: '5m',
      expect: [{ json: 'same', equals: true }],
    },
    captures: { server: { json: 'server' } },
    needs: ['check.az', 'check.cluster'],
    onFail: 'stop',
  }
}

/**
 * Tool, cluster, permissions, and the extension as the plan knows it. Where a run has ended well before,
 * az and the cluster show with the other checks that they are there.
 */
export function checkSteps(
  { present, record }: Pick<Wanted<AzureMlPresent>, 'present' | 'record'>,
  own: AzureMlAnswers,
): Step[] {
  const place = placeOf(own)
  const agreed = agreedServer(whereOf(own), record?.live)
  const first = record ? [] : [checkAz, checkCluster(place)]
  const after = (...ids: string[]) => (record ? [] : ids)
  return [
    ...first,
    {
      ...checkAccess(place, accessRules(own, isMadeAnew(own, present))),
      needs: after('check.cluster'),
    },
    { ...checkSameCluster(own, agreed), needs: after('check.az', 'check.cluster') },
    {
      id: 'check.extension',
      phase: 'check',
      title: readTitle,
      act: {
        do: 'wait',
        look: extensionLook(own),
        until: [{ not: isMoving }],
        every: '10s',
        limit: '45m',
        atLimit: 'fail',
      },
      needs: after('check.az'),
      onFail: 'stop',
    },
  ]
}

const readTitle = 'Read the Azure ML extension'

/**
 * For `doctor`: the tools alone, or with an endpoint all that it hangs on. Whether the extension is there
 * is not known here: the permissions are those of one that is, or may be made again.
 */
export function preflightSteps(answers?: Answers): Step[] {
  if (!answers) return [checkAz, checkKubectl]
  const own = azuremlAnswers(answers)
  const place = placeOf(own)
  return [
    checkAz,
    checkCluster(place),
    checkAccess(place, accessRules(own, own.recreate === 'yes')),
    checkSameCluster(own, undefined),
    {
      id: 'check.extension',
      phase: 'check',
      title: readTitle,
      act: { ...extensionLook(own), expect: [{ not: isMoving }] },
      needs: ['check.az'],
      onFail: 'stop',
    },
  ]
}
