import { join } from 'node:path'
import { exitCodes } from '../exit-codes.ts'
import { canonicalJson } from '../plan/digest.ts'
import type { Op } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { type Recalling, recently } from '../plan/recent.ts'
import { quoteCommand } from '../process/quote.ts'
import { makeFolder, writeFileAtomic } from '../record/write.ts'
import { kubectlObjects, unvalidated } from './kubectl.ts'
import { type Calling, kubectlArgv, type Place, placeOf, shellPlace } from './place.ts'
import { kubernetesFinding } from './problems.ts'

/** What a plan will do with one kind of object, as a rule of a Role. `pods/log` is a subresource. */
export interface Rule {
  /** API group; the core group is ''. */
  group: string
  resource: string
  verbs: string[]
  /** Not in the namespace but in the whole cluster: `namespaces`. */
  clusterWide?: true
  /** In this namespace, where it is not the one that is changed. */
  namespace?: string
}

/**
 * Asks for all verbs that a plan will use at once: `{place, rules}`. One call of kubectl carries one
 * SelfSubjectAccessReview for each.
 *
 * @throws Problem with exit 77 and the Role to ask for, also as a file in the record
 */
export const accessOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const place = placeOf(input.place)
    const rules = input.rules as unknown as Rule[]
    const asked = verbsOf(rules)
    const missing = await recentlyMissing(place, rules, ctx)
    if (missing.length === 0) return { allowed: true, seen: `all ${asked.length} verbs` }
    const path = join(ctx.record.paths.folder, 'role.yaml')
    await makeFolder(ctx.record.paths.folder)
    await writeFileAtomic(path, roleYaml(rules, place))
    const [first] = missing
    const apply = quoteCommand(kubectlArgv({ context: place.context }, 'apply', '-f', path))
    const bind = ['create', 'rolebinding', 'secure-endpoint', '--role=secure-endpoint']
    const binds = namespacesOf(rules, place).map(
      namespace => `${quoteCommand(kubectlArgv({ ...place, namespace }, ...bind))} --user=YOU`,
    )
    throw kubernetesFinding('kube.forbidden', exitCodes.noPermission, {
      title: `${missing.length} of ${asked.length} permissions are missing: to ${first?.verb} ${first?.rule.resource}${missing.length > 1 ? ' and others' : ''} in namespace ${first?.rule.namespace ?? place.namespace}.`,
      subject: place.context,
      evidence: rules
        .flatMap(rule => {
          const verbs = missing.filter(each => each.rule === rule).map(({ verb }) => verb)
          const where = rule.namespace === undefined ? '' : ` (in namespace ${rule.namespace})`
          return verbs.length === 0 ? [] : [`${rule.resource}: ${verbs.join(', ')}${where}`]
        })
        .join('\n'),
      fix: `Have an administrator give you the Role of this file: ${apply}, and bind it to you: ${binds.join(' and ')}`,
    })
  },
  printed: ({ rules }, show) =>
    (rules as Rule[]).map(
      ({ resource, verbs, namespace }) =>
        `kubectl auth can-i ${verbs.map(show).join('|')} ${show(resource)}${elsewhere(namespace)}`,
    ),
  shell: ({ place, rules }, sh) => [
    `kube_may ${shellPlace(place, sh)} ${(rules as Rule[])
      .flatMap(({ group, resource, verbs, namespace }) =>
        verbs.map(verb => sh.word(`${verb} ${qualified(group, resource)}${elsewhere(namespace)}`)),
      )
      .join(' ')}`,
  ],
}

/** The words that ask in another namespace than the one of the place. */
function elsewhere(namespace: string | undefined): string {
  return namespace === undefined ? '' : ` --namespace ${namespace}`
}

/** The namespaces that need a Role: the one that is changed, and those of some rules. */
function namespacesOf(rules: readonly Rule[], { namespace }: Pick<Place, 'namespace'>): string[] {
  const inOne = rules.filter(({ clusterWide }) => !clusterWide)
  return [...new Set(inOne.map(each => each.namespace ?? namespace))]
}

/** One verb of a rule. */
interface Asked {
  rule: Rule
  verb: string
}

function verbsOf(rules: readonly Rule[]): Asked[] {
  return rules.flatMap(rule => rule.verbs.map(verb => ({ rule, verb })))
}

/** How long an answer stands in for asking again, while the cluster is not changed. Milliseconds. */
const recentMs = 30_000

/** The verbs that are not allowed, as they were asked for a moment ago, else in one call. */
export function recentlyMissing(
  place: Place,
  rules: readonly Rule[],
  calling: Calling & Recalling,
): Promise<Asked[]> {
  const key = `kubernetes access ${canonicalJson([place, rules])}`
  return recently(key, recentMs, calling, async () => {
    const asked = verbsOf(rules)
    const items = asked.map(({ rule, verb }) => review(rule, verb, place))
    const stdin = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
    const answers = await kubectlObjects(place, ['create', unvalidated, '-f', '-'], calling, {
      stdin,
    })
    return asked.filter((_, index) => answers[index]?.status?.allowed !== true)
  })
}

function qualified(group: string, resource: string): string {
  const [name, sub] = resource.split('/')
  const whole = group === '' ? name : `${name}.${group}`
  return sub === undefined ? `${whole}` : `${whole}/${sub}`
}

function review(rule: Rule, verb: string, place: Place): Json {
  const { group, resource, clusterWide, namespace = place.namespace } = rule
  const [name = '', subresource] = resource.split('/')
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        ...(clusterWide ? {} : { namespace }),
        verb,
        group,
        resource: name,
        ...(subresource === undefined ? {} : { subresource }),
      },
    },
  }
}

/**
 * The Roles (and the ClusterRole, where one is needed) that allow all of some rules. It is the whole one:
 * applied, it takes the place of one of its name that was given before.
 */
export function roleYaml(rules: readonly Rule[], place: Pick<Place, 'namespace'>): string {
  const of = (namespace?: string) => {
    const own = rules.filter(rule =>
      namespace === undefined
        ? rule.clusterWide === true
        : !rule.clusterWide && (rule.namespace ?? place.namespace) === namespace,
    )
    if (own.length === 0) return ''
    const lines = own.map(
      ({ group, resource, verbs }) =>
        `  - apiGroups: [${JSON.stringify(group)}]\n    resources: [${resource}]\n    verbs: [${verbs.join(', ')}]\n`,
    )
    const kind = namespace === undefined ? 'ClusterRole' : 'Role'
    const at = namespace === undefined ? '' : `\n  namespace: ${namespace}`
    return `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata:\n  name: secure-endpoint${at}\nrules:\n${lines.join('')}`
  }
  const inNamespaces = namespacesOf(rules, place).map(of)
  return [...inNamespaces, of()].filter(Boolean).join('---\n')
}
