import { Problem } from '../../../errors.ts'
import { exitCodes } from '../../../exit-codes.ts'
import { type Finding, finding } from '../../../findings.ts'
import { systemRoots } from '../../../net/roots.ts'
import type { Op } from '../../../plan/op.ts'
import type { Json } from '../../../plan/plan.ts'
import { nodeLabel } from '../cluster.ts'
import { aistoreFindings } from '../findings.ts'
import { apiOf, placeOf } from '../place.ts'
import { readState } from '../state.ts'
import { type Cause, causesOf } from './causes.ts'
import { fixFor } from './fixes.ts'
import { lastWords } from './log-words.ts'
import { type NodeFiles, readNodeFiles } from './read-node.ts'

/**
 * Says why nodes do not run, or would not start again: `{at, name, place, confdir, logDir, restart}`. By the
 * files that their settings name, and where those are well, by the last words of their logs.
 */
export const diagnoseOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const place = placeOf(input.at)
    const { confdir, logDir } = input as { confdir?: string; logDir?: string }
    const where = { ...(confdir ? { confdir } : {}), ...(logDir ? { logDir } : {}) }
    const [state, files] = await Promise.all([
      readState(place, await apiOf(place, ctx)),
      readNodeFiles(place.nodes, where, ctx.record.paths),
    ])
    const known = {
      uuid: place.uuid,
      now: ctx.world.clock.now(),
      systemRoots: systemRoots(ctx.world.env),
      pairHere: input.place === 'here',
    }
    const found = await Promise.all(
      files.map(async (each, index) => {
        const runs = state.nodes[index]?.scheme !== 'down'
        const causes = await causesOf(each, known)
        if (causes.length > 0 || runs) return causes
        return [await wordsOf(each)]
      }),
    )
    const findings = grouped(files, found).map(({ id, evidence, nodes }) =>
      finding(aistoreFindings, id, {
        subject: nodes.map(({ node }) => nodeLabel(node)).join(', '),
        evidence,
        fix: fixFor(id, nodes[0] as NodeFiles, {
          name: String(input.name),
          restart: String(input.restart ?? ''),
          pair: String(input.pair ?? ''),
        }),
      }),
    )
    if (findings.length > 0) throw new Problem(exitCodes.failed, sorted(findings))
    return { seen: `${files.length} of ${files.length} nodes run` }
  },
  printed: () => ['openssl x509 -noout -enddate -in CERT; tail LOGDIR/aisnode.ERROR   (each node)'],
  shell: () => ['ais_offline'],
}

/** Why a node ended whose files say nothing of it. */
async function wordsOf({ place, unread }: NodeFiles): Promise<Cause> {
  const last = place && (await lastWords(place.logDir))
  if (!last) return { id: 'aistore.node-down', evidence: unread || 'its log says nothing' }
  return { id: last.id ?? 'aistore.node-down', evidence: last.line }
}

interface Group extends Cause {
  nodes: NodeFiles[]
}

/** The same cause on several nodes is said once. */
function grouped(files: readonly NodeFiles[], found: readonly Cause[][]): Group[] {
  const groups = new Map<string, Group>()
  for (const [index, causes] of found.entries())
    for (const cause of causes) {
      const key = cause.id === 'aistore.map-gone' ? cause.id : `${cause.id} ${cause.evidence}`
      const group = groups.get(key) ?? { ...cause, nodes: [] }
      group.nodes.push(files[index] as NodeFiles)
      groups.set(key, group)
    }
  return [...groups.values()]
}

/** What is known of certificates and maps comes before nodes that are only seen to be down. */
function sorted(findings: Finding[]): Finding[] {
  const last = (each: Finding) => Number(each.id === 'aistore.node-down')
  return findings.sort((a, b) => last(a) - last(b))
}
