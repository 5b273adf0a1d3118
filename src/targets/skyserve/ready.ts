import { readFile } from 'node:fs/promises'
import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { type RequestResult, request } from '../../net/request.ts'
import { pemCertificates } from '../../net/roots.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { plannedServer } from './api.ts'
import { skyserveFindings } from './findings.ts'
import { inWords, readServices, type ServiceState, serviceNamed } from './service.ts'

type Input = Record<string, Json>

/** Milliseconds; a status costs the server seconds of CPU, which the replicas need as well. */
const tellEveryMs = 20_000

/** Milliseconds that nothing listens while sky says READY: the load balancer listens long before that. */
const deadAfterMs = 60_000

/**
 * Waits until the load balancer passes requests on: `{url, name, roots?, service, server, waitMs}`.
 * A 503 is the load balancer's own "no ready replicas", which it gives after seconds of trying; sky's
 * status is read beside that, to say what it does and to stop when it gives up.
 *
 * @throws Problem with exit 1 when the load balancer has died
 */
export const ready: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const { clock } = ctx.world
    const waitMs = cappedMs(Number(input.waitMs), ctx)
    const { roots } = input
    const trusted =
      typeof roots === 'string' ? pemCertificates(await readFile(roots, 'utf8')) : undefined
    const began = clock.elapsed()
    let deadSince: number | undefined
    const telling = tellMeanwhile(input, ctx)
    try {
      for (;;) {
        const answer = await ask(input, trusted, ctx.signal)
        const seen = [answerWords(answer), telling.words()].filter(Boolean).join(', ')
        if (answer.status !== undefined && answer.status !== 503) return { ready: true, seen }
        const dead = answer.error === 'ECONNREFUSED' && telling.isReady()
        deadSince = dead ? (deadSince ?? clock.elapsed()) : undefined
        if (deadSince !== undefined && clock.elapsed() - deadSince >= deadAfterMs)
          throw balancerDead(String(input.url), String(input.service))
        if (telling.gaveUp() || clock.elapsed() - began >= waitMs)
          return { ready: false, seen: `${seen}; going on` }
        ctx.say(seen)
        await clock.sleep(answer.status === 503 ? 100 : 500, ctx.signal)
      }
    } finally {
      telling.stop()
    }
  },
  printed: ({ url }, show) => [`curl ${show(url)}`],
  shell: ({ url, name, roots = '', waitMs }, sh) => [
    `wait_for_answer ${[url, name, roots, Math.ceil(Number(waitMs) / 1000)].map(sh.word).join(' ')}`,
  ],
}

function ask(
  { url, name }: Input,
  roots: string[] | undefined,
  signal: AbortSignal,
): Promise<RequestResult> {
  const trust = roots ? { roots } : {}
  return request({ url: String(url), name: String(name), ...trust, timeoutMs: 15_000, signal })
}

function balancerDead(url: string, service: string): Problem {
  return new Problem(exitCodes.failed, [
    finding(skyserveFindings, 'skyserve.balancer-dead', {
      subject: service,
      evidence: `${url} refuses connections`,
      fix: `Read why: sky serve logs ${service} --load-balancer --no-follow`,
    }),
  ])
}

function answerWords({ status, error }: RequestResult): string {
  return status === undefined ? `no answer (${error})` : `status ${status}`
}

/** Reads sky's status now and then, without holding up who waits. */
function tellMeanwhile({ service, server }: Input, ctx: Performing) {
  const stop = new AbortController()
  const signal = AbortSignal.any([ctx.signal, stop.signal])
  let state: ServiceState | undefined
  const loop = async () => {
    const at = await plannedServer(String(server), ctx.world)
    for (;;) {
      await ctx.world.clock.sleep(tellEveryMs, signal)
      state = serviceNamed(
        await readServices([String(service)], at, { ...ctx, signal }),
        String(service),
      )
    }
  }
  loop().catch(() => {}) // it only tells: what is wrong shows in the wait itself
  return {
    words: () => (state ? inWords(state, '') : ''),
    isReady: () => state?.status === 'READY',
    gaveUp: () => /^(FAILED|CONTROLLER_FAILED)/.test(state?.status ?? ''),
    stop: () => stop.abort(),
  }
}
