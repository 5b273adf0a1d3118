import { describe, expect, it, onTestFinished } from 'vitest'
import { watchNamespace } from '../../src/kubernetes/watch.ts'
import { withoutKeyBodies } from '../../src/process/key-lines.ts'
import type { OnLine, RunTool } from '../../src/process/tool.ts'
import { ctxOf, place, printed } from '../support/kubectl.ts'

/** A watch of each kind, by the words of its call; what it prints is said by the test. */
function watches() {
  const says = new Map<string, OnLine>()
  const run: RunTool = async call => {
    const kind = call.argv[call.argv.indexOf('get') + 1] ?? ''
    // as a run has it, which keeps the bodies of keys out of its words
    says.set(kind, withoutKeyBodies(call.onLine ?? (() => {})))
    await new Promise<void>(resolve => call.signal?.addEventListener('abort', () => resolve()))
    return { argv: call.argv, outcome: 'aborted', stdout: '', stderr: '', tookMs: 0 }
  }
  const { world, signal, userFolder } = ctxOf(run)
  const watching = watchNamespace(place, { run, signal, userFolder, clock: world.clock })
  onTestFinished(() => watching.close())
  return { watching, say: (kind: string) => says.get(kind) as OnLine }
}

describe('a watch whose kubectl logs in with a program that talks', () => {
  const pod = { type: 'ADDED', object: { kind: 'Pod', metadata: { name: 'one' } } }

  it('takes nothing of what that says for an answer of the API server', () => {
    const { watching, say } = watches()
    for (const kind of ['deployments.apps', 'statefulsets.apps', 'pods'])
      say(kind)('{"level": "info", "message": "token refreshed"}', 'stderr')
    expect(watching.now()).toBeUndefined()
    expect(watching.isWhole()).toBe(false)
  })

  it('reads a document on, in whose middle that talks', () => {
    const { watching, say } = watches()
    const lines = printed(pod).trimEnd().split('\n')
    for (const line of lines) {
      say('pods')(line, 'stdout')
      say('pods')('W1122 the token is refreshed', 'stderr')
      say('pods')('{"level": "info"}', 'stderr')
    }
    expect(watching.now()?.pods.map(({ metadata }) => metadata.name)).toEqual(['one'])
  })
})
