import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { formatLeft } from '../../duration.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { type Node, nodeLabel } from './cluster.ts'
import { aistoreFindings } from './findings.ts'
import { apiOf, placeOf } from './place.ts'
import { aistoreProblem } from './problems.ts'
import { shellPlace } from './shell.ts'

/** Milliseconds that a clock may be off without a word; tokens of AuthN have their times, too. */
const offMs = 60_000

/** A node and how far its clock is ahead of ours, in milliseconds. */
interface Clock {
  node: Node
  aheadMs: number
}

/**
 * Holds the clock of each node, as its `Date` header shows it, against ours and against a chain:
 * `{at, chain}`. A node that starts with a pair which is not valid yet by its own clock, or is no more,
 * ends at once; one that runs refuses to load it.
 */
export const clocksOp: Op = {
  changes: false,
  async run({ at, chain }, ctx): Promise<Json> {
    const { nodes, ...place } = placeOf(at)
    const api = await apiOf({ ...place, nodes }, ctx)
    const { clock } = ctx.world
    const asked = await Promise.all(
      nodes.map(async (node): Promise<Clock[]> => {
        const { date } = await api.get(node.public, '/v1/health')
        return date === undefined ? [] : [{ node, aheadMs: date - clock.now() }]
      }),
    )
    const clocks = asked.flat()
    const { from, to } = await spanOf(String(chain))
    const now = clock.now()
    const refusing = clocks.filter(({ aheadMs }) => now + aheadMs < from || now + aheadMs > to)
    if (refusing.length > 0)
      throw aistoreProblem('aistore.clock', exitCodes.data, {
        subject: refusing.map(({ node }) => nodeLabel(node)).join(', '),
        evidence: `${wordsOf(refusing)}; the certificate is valid from ${iso(from)} to ${iso(to)}`,
        fix: 'Set the clock of each of these nodes (chronyc makestep, timedatectl set-ntp true); then run the same command again.',
      })
    const off = clocks.filter(({ aheadMs }) => Math.abs(aheadMs) > offMs)
    if (off.length > 0)
      ctx.finding(
        finding(aistoreFindings, 'aistore.clock-off', {
          subject: off.map(({ node }) => nodeLabel(node)).join(', '),
          evidence: wordsOf(off),
          fix: 'Set it where the node runs: chronyc makestep, timedatectl set-ntp true',
        }),
      )
    const silent = nodes.length - clocks.length
    const right = `${clocks.length} clocks are right${silent > 0 ? `, ${silent} not seen` : ''}`
    return { seen: off.length > 0 ? wordsOf(off) : right }
  },
  printed: ({ at }) =>
    placeOf(at as Json).nodes.map(node => `curl -sI http://${node.public}/v1/health   (Date)`),
  shell: ({ at, chain }, sh) => [`ais_clocks ${shellPlace(at, sh)} ${sh.word(chain)}`],
}

function wordsOf(clocks: readonly Clock[]): string {
  return clocks
    .map(({ node, aheadMs }) => {
      const far = formatLeft(Math.abs(aheadMs))
      return `the clock of ${nodeLabel(node)} is ${far} ${aheadMs < 0 ? 'behind' : 'ahead'}`
    })
    .join(', ')
}

/** When all certificates of a chain are valid; milliseconds since 1970. */
async function spanOf(path: string): Promise<{ from: number; to: number }> {
  const pems = pemCertificates(await readFile(path, 'utf8'))
  const all = pems.map(pem => new X509Certificate(pem))
  return {
    from: Math.max(...all.map(({ validFrom }) => Date.parse(validFrom))),
    to: Math.min(...all.map(({ validTo }) => Date.parse(validTo))),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}
