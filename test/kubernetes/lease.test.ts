import { spawn } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { holdOp } from '../../src/kubernetes/lease.ts'
import { holdStep } from '../../src/kubernetes/steps.ts'
import { ctxOf, fakeKubectl, inputOf, place, printed } from '../support/kubectl.ts'

const input = inputOf(holdStep(place, 'feldera', []))
const now = Date.parse('2026-11-21T09:00:00Z')

interface Lease {
  metadata: { resourceVersion?: string; annotations?: Record<string, string> }
  spec: { holderIdentity: string; renewTime: string; acquireTime?: string }
}

/** A cluster with one Lease in it. */
function cluster(lease?: Lease) {
  let held = lease
  let version = 7
  const write = (stdin = '') => {
    version += 1
    const wanted = JSON.parse(stdin) as Lease
    held = { ...wanted, metadata: { ...wanted.metadata, resourceVersion: String(version) } }
    return { stdout: String(version) }
  }
  const kubectl = fakeKubectl([
    [/ get leases /, () => ({ stdout: printed({ kind: 'List', items: held ? [held] : [] }) })],
    [
      / create --validate=false -f - /,
      ({ stdin }) => (held ? { exit: 1, stderr: 'Error (AlreadyExists)' } : write(stdin)),
    ],
    [
      / replace --validate=false -f - /,
      ({ stdin = '' }) =>
        JSON.parse(stdin).metadata.resourceVersion === held?.metadata.resourceVersion
          ? write(stdin)
          : { exit: 1, stderr: 'Error from server (Conflict): the object has been modified' },
    ],
    [
      / delete --raw \/apis\/coordination\.k8s\.io\/v1\/namespaces\/feldera\/leases\/\S+ -f -$/,
      ({ stdin = '' }) => {
        const { resourceVersion } = JSON.parse(stdin).preconditions
        if (!held) return { exit: 1, stderr: 'Error from server (NotFound): not found' }
        if (resourceVersion !== held.metadata.resourceVersion)
          return {
            exit: 1,
            stderr: 'Error from server (Conflict): the precondition does not match',
          }
        held = undefined
        return {}
      },
    ],
    [
      / delete lease /,
      () => {
        held = undefined
        return {}
      },
    ],
  ])
  return {
    kubectl,
    now: () => held,
    /** Somebody writes it from outside. */
    set(other: Lease) {
      held = other
    },
  }
}

function hold(lease?: Lease) {
  const there = cluster(lease)
  const releases: (() => Promise<void>)[] = []
  const { world } = ctxOf(there.kubectl.run)
  const clock = { ...world.clock, now: () => now }
  const ctx = ctxOf(there.kubectl.run, {
    world: { ...world, clock },
    atEnd: release => releases.push(release),
  })
  const answer = holdOp.run(input, ctx) as Promise<never>
  const end = async () => {
    for (const release of releases) await release()
  }
  return { ...there, answer, end }
}

const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()

describe('the lease', () => {
  it('is taken where nobody has it, and given back', async () => {
    const held = hold()
    await held.answer
    expect(held.now()?.spec.holderIdentity).toMatch(/^ana@jump1 \(process \d+\)$/)
    const before = held.kubectl.calls.length
    await held.end()
    expect(held.now()).toBeUndefined()
    expect(held.kubectl.calls).toHaveLength(before + 1)
  })

  it('that was touched since is given back only where it still is ours', async () => {
    for (const [holder, stays] of [
      [undefined, false],
      ['bo@laptop (process 9)', true],
    ] as const) {
      const held = hold()
      await held.answer
      const lease = held.now()
      if (!lease) throw new Error('no lease')
      const holderIdentity = holder ?? lease.spec.holderIdentity
      const spec = { ...lease.spec, holderIdentity }
      held.set({ metadata: { ...lease.metadata, resourceVersion: '99' }, spec })
      await held.end()
      expect(held.now() !== undefined).toBe(stays)
    }
  })

  it('of somebody else stops with 75, and says who and since when', async () => {
    const held = hold({
      metadata: { resourceVersion: '3' },
      spec: { holderIdentity: 'bo@laptop (process 9)', acquireTime: ago(600), renewTime: ago(30) },
    })
    const problem = await held.answer.catch(error => error)
    expect(problem).toMatchObject({ exit: 75, findings: [{ id: 'kube.locked' }] })
    expect(problem.findings[0].title).toBe(
      'feldera is locked by bo@laptop (process 9) since 2026-11-21 08:50 UTC.',
    )
    expect(held.now()?.spec.holderIdentity).toBe('bo@laptop (process 9)')
    expect(held.kubectl.calls.some(({ words }) => / (replace|delete) /.test(words))).toBe(false)
  })

  it('of somebody silent for a minute is taken over', async () => {
    const held = hold({
      metadata: { resourceVersion: '3' },
      spec: { holderIdentity: 'bo@laptop (process 9)', renewTime: ago(61) },
    })
    await held.answer
    expect(held.now()?.spec.holderIdentity).toContain('ana@jump1')
  })

  it('of a run that was killed on this machine is taken over at once', async () => {
    const first = hold()
    await first.answer
    const lease = first.now()
    const dead = await deadProcess()
    const annotations = {
      ...lease?.metadata.annotations,
      'secure-endpoint.dev/process': `${dead} 12345`,
    }
    if (!lease) throw new Error('no lease')
    const killed = { ...lease, metadata: { ...lease.metadata, annotations } }
    killed.spec = { ...lease.spec, holderIdentity: `ana@jump1 (process ${dead})` }
    const second = hold(killed)
    await second.answer
    expect(second.now()?.spec.holderIdentity).toContain(String(process.pid))
    const alive = { ...killed, metadata: { ...lease.metadata } }
    await expect(hold(alive).answer).rejects.toMatchObject({ exit: 75 })
  })
})

/** The id of a process that has ended. */
function deadProcess(): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, ['-e', ''])
    child.on('close', () => resolve(child.pid ?? 0))
  })
}
