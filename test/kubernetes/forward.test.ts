import { describe, expect, it } from 'vitest'
import { openAhead, withForwards } from '../../src/kubernetes/forward.ts'
import type { Performing } from '../../src/plan/op.ts'
import type { RunTool } from '../../src/process/tool.ts'
import { ctxOf, place } from '../support/kubectl.ts'

/** A kubectl whose forwards open at once, and that can be told to end one. */
function forwards() {
  const ends: (() => void)[] = []
  const run: RunTool = async call => {
    const asked = /^(\d+):/.exec(call.argv.at(-1) ?? '')?.[1]
    const number = ends.length
    call.onLine?.(`Forwarding from 127.0.0.1:${asked ?? 1000 + number} -> 8080`)
    await new Promise<void>(resolve => {
      ends.push(resolve)
      if (call.signal?.aborted) resolve()
      call.signal?.addEventListener('abort', () => resolve(), { once: true })
    })
    const outcome = call.signal?.aborted ? 'aborted' : 'ended'
    return { argv: call.argv, outcome, exit: 1, stdout: '', stderr: 'lost', tookMs: 0 }
  }
  const releases: (() => Promise<void>)[] = []
  const ctx: Performing = ctxOf(run, { atEnd: release => releases.push(release) })
  return {
    ctx,
    opened: () => ends.length,
    cut: (index: number) => ends[index]?.(),
    end: () => Promise.all(releases.map(release => release())),
  }
}

const pod = { pod: 'api-1', uid: 'u1', port: 8080 }
const portOf = async ([port]: number[]) => port
/** Lets what was begun come to rest. */
const settled = () => new Promise(resolve => setImmediate(resolve))

describe('a forward that was opened ahead', () => {
  it('is taken by whoever asks the same pod, once', async () => {
    const { ctx, opened } = forwards()
    openAhead(place, [pod], ctx)
    expect(await withForwards(place, [pod], ctx, portOf)).toBe(1000)
    expect(opened()).toBe(1)
    expect(await withForwards(place, [pod], ctx, portOf)).toBe(1001)
  })

  it('leads to that pod alone, not to a later one of its name', async () => {
    const { ctx, end } = forwards()
    openAhead(place, [pod], ctx)
    expect(await withForwards(place, [{ ...pod, uid: 'u2' }], ctx, portOf)).toBe(1001)
    await end()
  })

  it('to a name leads to the pod that has it', async () => {
    const { ctx, opened } = forwards()
    openAhead(place, [{ pod: 'api-1', port: 8080 }], ctx)
    expect(await withForwards(place, [pod], ctx, portOf)).toBe(1000)
    expect(opened()).toBe(1)
  })

  it('is opened anew where it was cut meanwhile, and not before somebody asks', async () => {
    const { ctx, cut, opened } = forwards()
    openAhead(place, [pod], ctx)
    await settled()
    cut(0)
    await settled()
    expect(opened()).toBe(1)
    expect(await withForwards(place, [pod], ctx, portOf)).toBe(1001)
  })

  it('is not opened twice for the same, and again once it was cut', async () => {
    const { ctx, cut, opened } = forwards()
    openAhead(place, [pod, pod], ctx)
    openAhead(place, [pod], ctx)
    expect(opened()).toBe(2)
    await settled()
    cut(0)
    await settled()
    openAhead(place, [pod, pod], ctx)
    expect(opened()).toBe(3)
  })

  it('that was cut is passed over for a whole one', async () => {
    const { ctx, cut, opened } = forwards()
    openAhead(place, [pod, pod], ctx)
    await settled()
    cut(0)
    await settled()
    expect(await withForwards(place, [pod], ctx, portOf)).toBe(1001)
    expect(opened()).toBe(2)
  })

  it('outlives the step that opened it', async () => {
    const { ctx, opened } = forwards()
    const step = new AbortController()
    const inStep: Performing = { ...ctx, signal: step.signal }
    openAhead(place, [pod], inStep)
    await settled()
    step.abort()
    await settled()
    expect(await withForwards(place, [pod], ctx, portOf)).toBe(1000)
    expect(opened()).toBe(1)
  })

  it('whose end cannot be noted ends nothing else', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', onUnhandled)
    const { ctx, cut } = forwards()
    const run: RunTool = async call => {
      await ctx.run(call)
      throw new Error('the disk is full')
    }
    openAhead(place, [pod], { ...ctx, run })
    await settled()
    cut(0)
    await settled()
    await settled()
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).toEqual([])
  })

  it('is closed at the end of the run where nobody took it', async () => {
    const { ctx, end, opened } = forwards()
    openAhead(place, [pod], ctx)
    await end()
    expect(opened()).toBe(1)
  })

  it('is opened again on its port while somebody uses it', async () => {
    const { ctx, cut, opened } = forwards()
    await withForwards(place, [pod], ctx, async () => {
      cut(0)
      await settled()
      expect(opened()).toBe(2)
    })
  })
})
