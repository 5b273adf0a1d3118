import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { exitCodes } from '../../exit-codes.ts'
import { kubectlArgv, placeOf, shellPlace } from '../../kubernetes/place.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Op } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { otherPair } from './other-pair.ts'
import { operatorProblem } from './problems.ts'

/**
 * Whether all nodes can start once more with the pair of before: `{place, endpoint, resource, secret, chain,
 * roots, fresh}`. `secret` is what they mount, `chain` and `roots` are the files of before, `fresh` is the
 * new chain. A pair that has expired, or is not valid yet, ends a node at once (facts/aistore.md §2.4); one
 * that is not mounted would part them.
 *
 * @throws Problem with exit 65 where they cannot
 */
export const startableOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const place = placeOf(input.place)
    const [endpoint, secret] = [String(input.endpoint), String(input.secret)]
    const read = (path: Json | undefined) => readFile(String(path), 'utf8').catch(() => '')
    const [chain, roots, fresh] = await Promise.all(
      [input.chain, input.roots, input.fresh].map(read),
    )
    const kept = { chain: chain ?? '', roots: roots ?? '', fresh: fresh ?? '' }
    const subject = `${place.namespace}/${secret}`
    const other = await otherPair({ place, resource: String(input.resource), secret }, kept, ctx)
    if (other !== undefined) {
      const get = kubectlArgv(place, 'get', 'secret', secret, '-o', 'yaml')
      throw operatorProblem('ais-operator.other-pair', exitCodes.data, {
        subject,
        evidence: other,
        fix: `Keep what it holds where somebody needs it (it has the key): ${quoteCommand(get)}. Then ${overHttp(endpoint)}`,
      })
    }
    const [pem] = pemCertificates(kept.chain)
    const leaf = pem === undefined ? undefined : new X509Certificate(pem)
    const now = ctx.world.clock.now()
    const from = Date.parse(leaf?.validFrom ?? '')
    const to = Date.parse(leaf?.validTo ?? '')
    if (from <= now && now <= to) return { startable: true, seen: `valid until ${day(to)}` }
    throw operatorProblem('ais-operator.not-startable', exitCodes.data, {
      subject,
      evidence: leaf ? `it is valid from ${day(from)} to ${day(to)}` : 'it holds no certificate',
      fix: `First ${overHttp(endpoint)}`,
    })
  },
  printed: ({ place, secret, chain }, show) => [
    quoteCommand(kubectlArgv(placeOf(place as Json), 'get', 'secret', show(secret))),
    `openssl x509 -noout -checkend 0 -in ${show(chain)}`,
  ],
  shell: ({ place, resource, secret, chain, roots, fresh }, sh) => [
    `aisop_startable ${shellPlace(place, sh)} ${[resource, secret, chain, roots, fresh].map(sh.word).join(' ')}`,
  ],
}

function overHttp(endpoint: string): string {
  return `take the cluster back to HTTP, where no node reads a certificate: secure-endpoint disable ${endpoint} (where it is not recorded: use_https false in the resource). Then run the same command again.`
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
