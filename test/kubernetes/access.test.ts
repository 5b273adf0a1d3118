import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { accessOp, roleYaml } from '../../src/kubernetes/access.ts'
import { checkAccess, commonRules } from '../../src/kubernetes/steps.ts'
import { recordPaths } from '../../src/record/paths.ts'
import { ctxOf, fakeKubectl, inputOf, place, printed } from '../support/kubectl.ts'
import { createScratch } from '../support/scratch.ts'

interface Review {
  spec: { resourceAttributes: { verb: string; resource: string; subresource?: string } }
}

/** A kubectl that answers each review in turn, as the real one prints them: one after the other. */
function allows(allowed: (verb: string, resource: string) => boolean) {
  return fakeKubectl([
    [
      / create --validate=false -f - -o json$/,
      ({ stdin = '' }) => ({
        stdout: (JSON.parse(stdin).items as Review[])
          .map(item => {
            const { verb, resource } = item.spec.resourceAttributes
            return printed({ ...item, metadata: {}, status: { allowed: allowed(verb, resource) } })
          })
          .join(''),
      }),
    ],
  ])
}

const input = inputOf(checkAccess(place, commonRules))

describe('permissions', () => {
  it('are asked for in one call, all of them', async () => {
    const kubectl = allows(() => true)
    const asked = commonRules.flatMap(({ verbs }) => verbs).length
    expect(await accessOp.run(input, ctxOf(kubectl.run))).toMatchObject({
      allowed: true,
      seen: `all ${asked} verbs`,
    })
    expect(kubectl.calls).toHaveLength(1)
    const { stdin = '' } = kubectl.calls[0] ?? {}
    const forward = (JSON.parse(stdin).items as Review[]).find(
      ({ spec }) => spec.resourceAttributes.subresource === 'portforward',
    )
    expect(forward?.spec.resourceAttributes).toEqual({
      namespace: 'feldera',
      verb: 'create',
      group: '',
      resource: 'pods',
      subresource: 'portforward',
    })
  })

  it('in another namespace are asked for there, and get a Role of their own', async () => {
    const kubectl = allows((_verb, resource) => resource !== 'configmaps')
    const other = { group: '', resource: 'configmaps', verbs: ['get'], namespace: 'azure-arc' }
    const wide = { group: '', resource: 'namespaces', verbs: ['get'], clusterWide: true as const }
    const rules = [{ group: '', resource: 'pods', verbs: ['list'] }, other, wide]
    const { folder } = createScratch(onTestFinished)
    const paths = recordPaths(folder, 'prod')
    const ctx = ctxOf(kubectl.run, { record: { paths, generation: 1, run: 'r1' } })
    const asked = accessOp.run(inputOf(checkAccess(place, rules)), ctx)
    const problem = await (asked as Promise<never>).catch(error => error)
    const [found] = problem.findings
    expect(found.title).toContain('to get configmaps in namespace azure-arc')
    expect(found.evidence).toBe('configmaps: get (in namespace azure-arc)')
    for (const namespace of ['feldera', 'azure-arc'])
      expect(found.fix).toContain(`--namespace ${namespace} create rolebinding`)
    const { stdin = '' } = kubectl.calls[0] ?? {}
    const where = (JSON.parse(stdin).items as Review[]).map(
      ({ spec }) => (spec.resourceAttributes as { namespace?: string }).namespace,
    )
    expect(where).toEqual(['feldera', 'azure-arc', undefined])
    const kinds = roleYaml(rules, place).match(/^(kind| {2}namespace): .*$/gm)
    expect(kinds).toEqual([
      'kind: Role',
      '  namespace: feldera',
      'kind: Role',
      '  namespace: azure-arc',
      'kind: ClusterRole',
    ])
    const sh = { word: (text: unknown) => `'${text}'` }
    expect(accessOp.shell(inputOf(checkAccess(place, rules)), sh)[0]).toContain(
      "'get configmaps --namespace azure-arc'",
    )
  })

  it('that are missing end the run with 77 and the Role to ask for', async () => {
    const { folder } = createScratch(onTestFinished)
    const paths = recordPaths(folder, 'prod')
    mkdirSync(paths.folder, { recursive: true })
    const kubectl = allows((verb, resource) => resource !== 'leases' && verb !== 'delete')
    const ctx = ctxOf(kubectl.run, { record: { paths, generation: 1, run: 'r1' } })
    const problem = await (accessOp.run(input, ctx) as Promise<never>).catch(error => error)
    expect(problem).toMatchObject({ exit: 77, findings: [{ id: 'kube.forbidden' }] })
    expect(problem.findings[0].title).toContain(
      '6 of 24 permissions are missing: to delete secrets',
    )
    const role = readFileSync(join(paths.folder, 'role.yaml'), 'utf8')
    expect(problem.findings[0].evidence).toBe(
      'secrets: delete\nleases: get, list, create, update, delete',
    )
    // the whole Role: one of that name that was given before must not lose what it allows
    expect(role).toBe(roleYaml(commonRules, place))
    expect(role.split('\n').slice(0, 9).join('\n')).toBe(`apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: secure-endpoint
  namespace: feldera
rules:
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get, list, create, patch, delete]`)
  })
})
