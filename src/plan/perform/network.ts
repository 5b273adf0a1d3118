import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { durationMs } from '../../duration.ts'
import { parseAddress } from '../../net/address.ts'
import { handshake } from '../../net/handshake.ts'
import { request } from '../../net/request.ts'
import { pemCertificates, systemRoots } from '../../net/roots.ts'
import { oneLine, plainText } from '../../process/plain-text.ts'
import type { Performing } from '../op.ts'
import type { Handshake, Http, Json, Text } from '../plan.ts'
import type { Answer } from '../predicate.ts'
import { resolveInput, resolveText } from '../text.ts'

/** One HTTP request; no answer is an answer, too (`status` is missing then). */
export async function httpLook(act: Http, ctx: Performing): Promise<Answer> {
  const { bindings, signal } = ctx
  const body = act.body === undefined ? undefined : JSON.stringify(resolveInput(act.body, bindings))
  const result = await request({
    url: resolveText(act.url, bindings),
    method: act.method,
    ...(act.name === undefined ? {} : { name: resolveText(act.name, bindings) }),
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    ...(act.roots === undefined ? {} : { roots: await roots(act.roots, ctx) }),
    timeoutMs: durationMs(act.limit),
    signal,
  })
  const text = plainText(result.body)
  const words = oneLine(text).slice(0, 100)
  return {
    status: result.status,
    text: result.status === undefined ? (result.error ?? '') : text,
    json: jsonOf(result.body),
    seen: result.status === undefined ? `no answer (${result.error})` : `${result.status} ${words}`,
  }
}

/** One TLS handshake; what is served is read, whether it is trusted is not asked here. */
export async function handshakeLook(act: Handshake, ctx: Performing): Promise<Answer> {
  const address = parseAddress(resolveText(act.address, ctx.bindings))
  if (!address) return { text: 'no address', seen: 'no address yet' }
  const result = await handshake({
    ...address,
    name: resolveText(act.name, ctx.bindings),
    roots: await roots(act.roots, ctx),
    timeoutMs: durationMs(act.limit),
    signal: ctx.signal,
  })
  const leaf = result.chain[0]
  if (!leaf) {
    const said = result.error ?? result.outcome
    return { text: said, seen: `no TLS (${said})` }
  }
  const leafSha256 = new X509Certificate(leaf).fingerprint256
  return { leafSha256, text: result.distrust ?? '', seen: `serves ${leafSha256.slice(0, 11)}` }
}

async function roots(path: Text | undefined, ctx: Performing): Promise<string[]> {
  if (path === undefined) return systemRoots(ctx.world.env)
  return pemCertificates(await readFile(resolveText(path, ctx.bindings), 'utf8'))
}

function jsonOf(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json
  } catch {
    return undefined
  }
}
