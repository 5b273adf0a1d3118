import type { Answers } from '../../answers/answers.ts'
import type { ToolCall, ToolResult } from '../../process/tool.ts'
import type { Stage, StageKit } from '../target.ts'
import { azuremlAnswers } from './answers.ts'
import { stageAz } from './stage-az.ts'
import { stageKubectl } from './stage-kubectl.ts'
import { createStagedRouter } from './stage-router.ts'

/** What a staged tool says; it ends with 0 where nothing else is said. */
export interface Said {
  exit?: number
  stdout?: string
  stderr?: string
}

/**
 * Stands for Azure and the cluster in a rehearsal: the words and exit codes are those of az 2.91 with
 * k8s-extension 1.7. It starts with the extension on HTTP, which is what people come from.
 */
export async function createStage(answers: Answers, kit: StageKit): Promise<Stage> {
  const own = azuremlAnswers(answers)
  const router = await createStagedRouter(own, kit)
  const az = stageAz(own, router, kit)
  const kubectl = stageKubectl(own, router)
  return {
    async tool(call) {
      if (call.argv[0] === 'az') return ended(call, await az(call))
      const said = await kubectl(call)
      const result = ended(call, said)
      for (const line of result.stdout.split('\n')) call.onLine?.(line)
      if (!call.lasting || result.exit !== 0) return result
      await aborted(call.signal)
      return { ...result, outcome: 'aborted' }
    },
    api: async () => ({ headers: {}, body: '', tookMs: 0, error: 'ECONNREFUSED' }),
  }
}

function ended({ argv }: ToolCall, said: Said): ToolResult {
  return { argv, outcome: 'ended', exit: 0, stdout: '', stderr: '', tookMs: 0, ...said }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    if (signal === undefined || signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
