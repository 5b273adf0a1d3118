import { describe, expect, it, onTestFinished } from 'vitest'
import { Problem } from '../../src/errors.ts'
import type { KubeObject } from '../../src/kubernetes/kubectl.ts'
import { kubernetesOps } from '../../src/kubernetes/ops.ts'
import { ownerOf, secretName } from '../../src/kubernetes/secret.ts'
import { readSecret } from '../../src/kubernetes/secret-ops.ts'
import type { Json } from '../../src/plan/plan.ts'
import { madeLeaf } from '../../src/plan/recent.ts'
import { writeGeneration } from '../../src/record/generation.ts'
import { recordPaths } from '../../src/record/paths.ts'
import { ctxOf, fakeKubectl, place, printed, type Says } from '../support/kubectl.ts'
import { createScratch } from '../support/scratch.ts'

const fingerprint = 'A9:54:4B:6B:00:11'
const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n'

function input(): Record<string, Json> {
  const { file } = createScratch(onTestFinished)
  const files = { 'tls.crt': file('chain.pem', 'chain'), 'tls.key': file('key.pem', key) }
  return { place, endpoint: 'prod', fingerprint, type: 'kubernetes.io/tls', files }
}

function stored(more: Partial<KubeObject> = {}, data: Record<string, string> = {}): string {
  const held = { 'tls.crt': 'chain', 'tls.key': key, ...data }
  return printed({
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: {
      name: 'prod-a9544b6b',
      labels: {
        'app.kubernetes.io/managed-by': 'secure-endpoint',
        'secure-endpoint.dev/endpoint': 'prod',
      },
    },
    data: Object.fromEntries(
      Object.entries(held).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
    ),
    ...more,
  })
}

const run = (name: string, rows: Says[]) => {
  const kubectl = fakeKubectl(rows)
  const op = kubernetesOps[`kubernetes.${name}`]
  if (!op) throw new Error(name)
  return {
    kubectl,
    answer: op.run(input(), ctxOf(kubectl.run)) as Promise<{ [key: string]: Json }>,
  }
}

describe('the Secret of an endpoint', () => {
  it('is named by the leaf', () => {
    expect(secretName('prod', fingerprint)).toBe('prod-a9544b6b')
  })

  it('is applied by server-side apply with our field manager, by stdin alone, and compared with what is stored', async () => {
    const { kubectl, answer } = run('secret-apply', [
      [/ apply /, () => ({ stdout: stored() })],
      [/ get secrets /, () => ({ stdout: '' })],
    ])
    expect(await answer).toMatchObject({ name: 'prod-a9544b6b', state: 'as-wanted' })
    const [apply] = kubectl.calls
    expect(apply?.words).toBe(
      'kubectl --context lab --namespace feldera apply --server-side --field-manager=secure-endpoint --validate=false -f - -o json',
    )
    expect(apply?.stdin).toContain(Buffer.from(key).toString('base64'))
    expect(kubectl.calls.map(({ words }) => words).join('\n')).not.toContain('c2VjcmV0')
  })

  it.each([
    ['absent', () => ({ stdout: '' })],
    ['as-wanted', () => ({ stdout: stored() })],
    ['changed', () => ({ stdout: stored({}, { 'tls.crt': 'another' }) })],
    ['changed', () => ({ stdout: stored({}, { 'ca.crt': 'one more' }) })],
    ['changed', () => ({ stdout: stored({ type: 'Opaque' }) })],
    ['foreign', () => ({ stdout: stored({ metadata: { name: 'prod-a9544b6b' } }) })],
  ] as const)('is seen as %s', async (state, says) => {
    expect(await run('secret-look', [[/ get secret /, says]]).answer).toMatchObject({ state })
  })

  it('gets its pair back where it was changed by hand', async () => {
    let forced = false
    const { answer } = run('secret-apply', [
      [
        / apply .*--force-conflicts/,
        () => {
          forced = true
          return {}
        },
      ],
      [
        / apply /,
        () => ({
          exit: 1,
          stderr: 'error: Apply failed with 1 conflict: conflict with "kubectl-edit"',
        }),
      ],
      [/ get secret /, () => ({ stdout: stored({}, forced ? {} : { 'tls.crt': 'another' }) })],
    ])
    expect(await answer).toMatchObject({ state: 'as-wanted' })
  })

  it('is never taken from another owner', async () => {
    const metadata = {
      name: 'prod-a9544b6b',
      annotations: { 'cert-manager.io/certificate-name': 'web' },
    }
    const { kubectl, answer } = run('secret-apply', [
      [
        / apply /,
        () => ({ exit: 1, stderr: 'Apply failed with 2 conflicts: conflict with "cert-manager"' }),
      ],
      [/ get secret /, () => ({ stdout: stored({ metadata }) })],
    ])
    const problem = await answer.catch(error => error)
    expect(problem).toBeInstanceOf(Problem)
    expect(problem).toMatchObject({ exit: 65, findings: [{ id: 'kube.foreign-secret' }] })
    expect(problem.findings[0].evidence).toContain('cert-manager (Certificate web)')
    expect(kubectl.calls.some(({ words }) => words.includes('force-conflicts'))).toBe(false)
  })

  it('is refused where something in the cluster has changed it on its way', async () => {
    const { answer } = run('secret-apply', [
      [/ apply /, () => ({ stdout: stored({}, { 'tls.key': 'masked' }) })],
    ])
    await expect(answer).rejects.toMatchObject({ findings: [{ id: 'kube.secret-differs' }] })
  })

  it('is read back where kubectl does not say what is stored', async () => {
    const { answer } = run('secret-apply', [
      [/ apply /, () => ({})],
      [/ get secret /, () => ({ stdout: stored({}, { 'tls.key': 'masked' }) })],
    ])
    await expect(answer).rejects.toMatchObject({ findings: [{ id: 'kube.secret-differs' }] })
  })

  it('of a leaf that this run has made is not looked for', async () => {
    const kubectl = fakeKubectl([[/ get secret /, () => ({ stdout: stored() })]])
    const ctx = ctxOf(kubectl.run)
    const lookAt = () => kubernetesOps['kubernetes.secret-look']?.run(input(), ctx)
    ctx.recent.set(madeLeaf(fingerprint), { at: 0, output: true })
    expect(await lookAt()).toMatchObject({ state: 'absent' })
    expect(kubectl.calls).toEqual([])
    ctx.recent.clear()
    expect(await lookAt()).toMatchObject({ state: 'as-wanted' })
  })

  it('never tells its content in a problem', async () => {
    const { answer } = run('secret-look', [
      [/ get secret /, () => ({ exit: 1, stdout: stored(), stderr: 'error: something new' })],
    ])
    const problem = await answer.catch(error => error)
    expect(JSON.stringify(problem.findings)).not.toContain(Buffer.from(key).toString('base64'))
  })

  it('is read as an object, or as none', async () => {
    const read = (stdout: string) =>
      readSecret(
        { place, name: 'x' },
        ctxOf(fakeKubectl([[/ get secret x /, () => ({ stdout })]]).run),
      )
    expect((await read(stored()))?.type).toBe('kubernetes.io/tls')
    expect(await read('')).toBeUndefined()
  })

  it('is removed by an undo, but never while something reads it', async () => {
    const { folder } = createScratch(onTestFinished)
    const paths = recordPaths(folder, 'prod')
    const leaf = { fingerprint } as never
    await writeGeneration(paths, { number: 1, made: '', source: 'uploaded', leaf }, {})
    const mounted = (secretName: string) => ({
      kind: 'Deployment',
      metadata: { name: 'api' },
      spec: { template: { spec: { volumes: [{ secret: { secretName } }] } } },
    })
    const remove = async (secretName: string, before?: number) => {
      const kubectl = fakeKubectl([
        [/ get deploy/, () => ({ stdout: printed({ items: [mounted(secretName)] }) })],
        [/ delete secrets /, () => ({})],
      ])
      const record = { paths, generation: 1, run: 'r1', ...(before ? { before } : {}) }
      const ctx = ctxOf(kubectl.run, { record })
      await kubernetesOps['kubernetes.secret-remove']?.run({ place, endpoint: 'prod' }, ctx)
      return kubectl.calls.some(({ words }) => words.includes('delete'))
    }
    expect(await remove('prod-00000000')).toBe(true)
    expect(await remove('prod-a9544b6b')).toBe(false)
    // what was current before the run is not what it has made, whoever reads it
    expect(await remove('prod-00000000', 1)).toBe(false)
  })

  it('keeps two older ones', async () => {
    const lines = [
      '2026-01-01T00:00:00Z prod-1',
      '2026-01-03T00:00:00Z prod-3',
      '2026-01-02T00:00:00Z prod-2',
      '2026-01-04T00:00:00Z prod-4',
    ]
    const kubectl = fakeKubectl([
      [/ get secrets /, () => ({ stdout: `${lines.join('\n')}\n` })],
      [/ delete secret /, () => ({})],
    ])
    const prune = kubernetesOps['kubernetes.secret-prune']
    await prune?.run({ place, endpoint: 'prod', name: 'prod-4' }, ctxOf(kubectl.run))
    expect(kubectl.calls.at(-1)?.words).toMatch(/delete secret --ignore-not-found prod-1$/)
  })
})

describe('the owner of an object', () => {
  const of = (metadata: Partial<KubeObject['metadata']>) =>
    ownerOf({ kind: 'Secret', metadata: { name: 'x', ...metadata } }, 'prod')

  it.each([
    [
      'cert-manager',
      { annotations: { 'cert-manager.io/certificate-name': 'web' } },
      'Certificate web',
    ],
    ['helm', { annotations: { 'meta.helm.sh/release-name': 'feldera' } }, 'release feldera'],
    ['other', { ownerReferences: [{ kind: 'Thing', name: 'mine' }] }, 'Thing mine'],
    [
      'other',
      { managedFields: [{ manager: 'kubectl-create', operation: 'Update' }] },
      'kubectl-create',
    ],
    [
      'other',
      {
        labels: {
          'app.kubernetes.io/managed-by': 'secure-endpoint',
          'secure-endpoint.dev/endpoint': 'test',
        },
      },
      'for test',
    ],
  ] as const)('is %s', (owner, metadata, words) => {
    const found = of(metadata as never)
    expect(found.owner).toBe(owner)
    expect(found.words).toContain(words)
  })
})
