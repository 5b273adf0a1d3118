import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { exitCodes } from '../../exit-codes.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { operatorProblem } from './problems.ts'

/**
 * Whether a node starts with a chain now: `{chain, subject}`. One that has expired, or is not valid yet, ends
 * it at once (facts/aistore.md §2.4).
 */
export const startableOp: Op = {
  changes: false,
  async run({ chain, subject }, ctx): Promise<Json> {
    const text = await readFile(String(chain), 'utf8').catch(() => '')
    const [pem] = pemCertificates(text)
    const leaf = pem === undefined ? undefined : new X509Certificate(pem)
    const now = ctx.world.clock.now()
    const from = Date.parse(leaf?.validFrom ?? '')
    const to = Date.parse(leaf?.validTo ?? '')
    if (from <= now && now <= to) return { startable: true, seen: `valid until ${day(to)}` }
    throw operatorProblem('ais-operator.not-startable', exitCodes.data, {
      subject: String(subject),
      evidence: leaf ? `it is valid from ${day(from)} to ${day(to)}` : 'it holds no certificate',
      fix: 'Take the cluster back to HTTP first, where no node reads a certificate: secure-endpoint disable NAME (where it is not recorded: use_https false in the resource). Then run the same command again.',
    })
  },
  printed: ({ chain }, show) => [`openssl x509 -noout -checkend 0 -in ${show(chain)}`],
  shell: ({ chain }, sh) => [`openssl x509 -noout -checkend 0 -in ${sh.word(chain)} >/dev/null`],
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
