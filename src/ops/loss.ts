import { finding } from '../findings.ts'
import { generalFindings } from '../general-findings.ts'
import type { Op, OpTable } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { type Answering, answeringWords } from '../proof/answering.ts'

/** The name under which a target keeps its watch beside the steps. */
export const lossWatch = 'loss'

/**
 * Ends the watch that counts what clients lose, and says what it saw: `{name}`. Without a watch (in a
 * rehearsal, or where nothing was served before) there is nothing to say.
 */
const loss: Op = {
  changes: false,
  async run({ name }, ctx): Promise<Json> {
    const end = ctx.underway.get(lossWatch)
    ctx.underway.delete(lossWatch)
    const seen = end ? ((await end()) as unknown as Answering | null) : null
    if (seen === null || seen.tries === 0) return { watched: false, seen: 'nothing was watched' }
    const words = answeringWords(seen)
    if (seen.lost > 0) {
      const { awayMs } = seen
      const title = `Clients got no answer for ${(awayMs / 1000).toFixed(1)} s during the change.`
      const fix = 'Nothing is to be done: it is over. With several replicas less is lost.'
      const occurrence = { title, subject: String(name), evidence: words, fix }
      ctx.finding(finding(generalFindings, 'proof.unanswered', occurrence))
    }
    return { watched: true, ...seen, seen: words }
  },
  printed: () => [],
  shell: () => ["say '  not counted by a script'"],
}

export const lossOps: OpTable = { 'proof.loss': loss }
