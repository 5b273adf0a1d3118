import type { Answers } from '../../../answers/answers.ts'
import type { Rule } from '../../../kubernetes/access.ts'
import { placeInput } from '../../../kubernetes/place.ts'
import {
  checkAccess,
  checkCluster,
  checkKubectl,
  checkNamespace,
  checkRunning,
  commonRules,
} from '../../../kubernetes/steps.ts'
import type { Explanation, Step } from '../../../plan/plan.ts'
import { felderaAnswers, placeOfAnswers } from '../answers.ts'
import { components, secretValue } from '../components.ts'
import type { FelderaPresent } from '../present.ts'

/** What helm does in the namespace beside the shared steps: its own records and the chart's objects. */
const helmRules: readonly Rule[] = [
  { group: '', resource: 'secrets', verbs: ['update'] },
  { group: '', resource: 'services', verbs: ['patch'] },
  // a stateful set holds on to a broken pod for good, unless somebody removes it
  { group: '', resource: 'pods', verbs: ['delete'] },
  { group: 'apps', resource: 'deployments', verbs: ['patch'] },
  { group: 'apps', resource: 'statefulsets', verbs: ['patch'] },
]
const installRules: readonly Rule[] = [
  { group: '', resource: 'services', verbs: ['create'] },
  { group: 'apps', resource: 'deployments', verbs: ['create'] },
  { group: 'apps', resource: 'statefulsets', verbs: ['create'] },
]
const namespaceRule: Rule = {
  group: '',
  resource: 'namespaces',
  verbs: ['create'],
  clusterWide: true,
}

/** Cluster, permissions, helm, chart and release: all that can stop the run before it changes anything. */
export function checkSteps(answers: Answers, present: FelderaPresent): Step[] {
  const own = felderaAnswers(answers)
  const place = placeOfAnswers(own)
  return [
    checkCluster({
      context: own.context,
      ...(own.kubeconfig ? { kubeconfig: own.kubeconfig } : {}),
    }),
    checkAccess(place, accessRules(present)),
    checkHelm,
    checkChart(own.chart, chartVersion(answers, present)),
    {
      id: 'check.release',
      phase: 'check',
      title: `Read the release ${own.release}`,
      act: {
        do: 'op:helm.release',
        input: { place: placeInput(place), release: own.release, at: secretValue },
        limit: '5m',
        expect: [{ not: { json: 'status', equals: 'uninstalling' } }],
      },
      needs: ['check.cluster', 'check.helm'],
      onFail: 'stop',
    },
  ]
}

/** The version of the chart: the release's own, so that an upgrade never jumps. */
export function chartVersion(answers: Answers, { release }: FelderaPresent): string {
  return release.version || String(felderaAnswers(answers).version ?? '')
}

/** All that a plan may have to do in the cluster. */
export function accessRules({
  release,
  namespace,
}: {
  release: Pick<FelderaPresent['release'], 'status'>
  namespace: boolean
}): Rule[] {
  return merged([
    ...commonRules,
    ...helmRules,
    ...(release.status === 'absent' ? installRules : []),
    ...(namespace ? [] : [namespaceRule]),
  ])
}

function merged(rules: readonly Rule[]): Rule[] {
  const all = new Map<string, Rule>()
  for (const rule of rules) {
    const key = `${rule.group}/${rule.resource}`
    const verbs = [...new Set([...(all.get(key)?.verbs ?? []), ...rule.verbs])]
    all.set(key, { ...rule, verbs })
  }
  return [...all.values()]
}

/** The command that asks helm for its version. */
export const helmVersion = ['helm', 'version', '--template', '{{.Version}}'] as const

/** `--reset-then-reuse-values` came with Helm 3.14; Helm 4 is not known to honour the same flags. */
const checkHelm: Step = {
  id: 'check.helm',
  phase: 'check',
  title: 'Ask helm for its version',
  act: {
    do: 'exec',
    argv: [...helmVersion],
    limit: '1m',
    expect: [{ exit: [0] }, { regex: '^v3\\.(1[4-9]|[2-9]\\d)\\.' }],
    explains: [
      {
        when: { regex: '^v?[0-9]+\\.' },
        id: 'tool.helm.too-old',
        exit: 69,
        title: 'This helm is not one of 3.14 or newer of its third series.',
        why: 'Older ones keep the old value when HTTPS is switched off, and say that all is well.',
        fix: 'Install Helm 3.14 or newer: https://helm.sh/docs/intro/install/',
      },
    ],
  },
  needs: [],
  onFail: 'stop',
}

/** The command that reads a chart. */
export function showChart(chart: string, version: string): [string, ...string[]] {
  return ['helm', 'show', 'chart', chart, '--version', version]
}

/** The chart can be read, and is the very one that the release was made with. */
function checkChart(chart: string, version: string): Step {
  const notThere: Explanation = {
    when: { exit: [1] },
    id: 'helm.chart',
    exit: 69,
    title: `The chart ${chart} cannot be read.`,
    why: 'Without the very chart that the release was made with, its version could jump.',
    fix: 'Put chart and version right: target.chart, target.version; behind a proxy: export HTTPS_PROXY.',
  }
  const other: Explanation = {
    when: { regex: '^version:' },
    id: 'helm.chart',
    exit: 65,
    title: `The chart at ${chart} is not version ${version}.`,
    why: 'An upgrade with it would change Feldera itself, not only its certificate.',
    fix: 'Name the place of the same version in target.chart.',
  }
  const escaped = version.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return {
    id: 'check.chart',
    phase: 'check',
    title: `Read the chart, version ${version}`,
    act: {
      do: 'exec',
      argv: showChart(chart, version),
      limit: '2m',
      expect: [{ exit: [0] }, { regex: `^version: ["']?${escaped}["']?$` }],
      explains: [other, notThere],
    },
    needs: ['check.helm'],
    onFail: 'stop',
  }
}

/** For `doctor`: the tools alone, or with an endpoint all that it hangs on. */
export function preflightSteps(answers?: Answers): Step[] {
  if (!answers) return [checkKubectl, checkHelm]
  const own = felderaAnswers(answers)
  const place = placeOfAnswers(own)
  const isNew = own.install === 'new'
  const { namespace: _namespace, ...cluster } = place
  const there: Step[] = [
    checkNamespace(place),
    {
      id: 'check.release',
      phase: 'check',
      title: `Look how the release ${own.release} stands`,
      act: {
        do: 'op:helm.deployed',
        input: { place: placeInput(place), release: own.release },
        limit: '2m',
      },
      needs: ['check.namespace', 'check.helm'],
      onFail: 'stop',
    },
    checkRunning(place, components, ['check.namespace']),
  ]
  const rules = merged([...commonRules, ...helmRules, ...(isNew ? installRules : [])])
  return [checkHelm, checkCluster(cluster), checkAccess(place, rules), ...there]
}
