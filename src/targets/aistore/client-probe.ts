import { issueLeaf } from '../../certificates/issue.ts'
import { keyPem } from '../../certificates/private-key.ts'
import { parseAddress } from '../../net/address.ts'
import { asksForCertificate } from '../../net/client-request.ts'
import { request } from '../../net/request.ts'
import { type Contexts, sharedContexts } from '../../net/secure-context.ts'
import type { World } from '../../world.ts'
import { levelRules } from './client-auth.ts'
import type { ClientPair } from './client-pair.ts'

/** What a listener does with clients. Undefined where that was not found out. */
export interface ClientRules {
  asks?: boolean
  /** A client without a certificate is answered, one with ours, and one with a stranger's. */
  none?: boolean
  ours?: boolean
  stranger?: boolean
}

/** Each kind of client, the same at all listeners. */
export interface Clients {
  none: Client
  ours?: Client
  stranger: Client
}

interface Client {
  roots: readonly string[]
  client?: ClientPair
  contexts: Contexts
}

/**
 * The clients that a listener is asked as.
 *
 * @param roots PEM certificates that they trust
 * @param client our own pair
 */
export async function clientsOf(
  { roots, client }: { roots: readonly string[]; client?: ClientPair },
  world: Pick<World, 'clock' | 'random'>,
): Promise<Clients> {
  const as = (pair?: ClientPair): Client => {
    const trust = { roots, ...(pair ? { client: pair } : {}) }
    return { ...trust, contexts: sharedContexts(trust) }
  }
  const stranger = as(await strangerPair(world))
  return { none: as(), ...(client ? { ours: as(client) } : {}), stranger }
}

const askMs = 10_000
/** No answer of TLS at all: neither a yes nor a no. */
const noAnswer = /timeout|ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH/

/** A certificate that nobody has signed but itself, thrown away at once. */
async function strangerPair({
  clock,
  random,
}: Pick<World, 'clock' | 'random'>): Promise<ClientPair> {
  const { certificate, key } = await issueLeaf({
    names: ['stranger.invalid'],
    keyType: 'ecdsa-p256',
    days: 1,
    extendedKeyUsage: ['clientAuth'],
    now: clock.now(),
    random,
  })
  return { chain: certificate.pem, key: keyPem(key) }
}

/** Asks one listener as each kind of client would. */
export async function clientRulesAt(
  address: string,
  { none, ours, stranger }: Clients,
  signal: AbortSignal,
): Promise<ClientRules> {
  const ask = async ({ contexts, ...trust }: Client): Promise<boolean | undefined> => {
    const context = contexts()
    const { status, error = '' } = await request({
      url: `https://${address}/v1/health`,
      ...trust,
      ...(context ? { context } : {}),
      timeoutMs: askMs,
      signal,
    })
    if (status !== undefined) return true
    return noAnswer.test(error) ? undefined : false
  }
  const at = parseAddress(address)
  const [asks, without, own, other] = await Promise.all([
    at ? asksForCertificate(at, { timeoutMs: askMs, signal }) : undefined,
    ask(none),
    ours ? ask(ours) : undefined,
    ask(stranger),
  ])
  return defined({ asks, none: without, ours: own, stranger: other })
}

/** How a listener differs from a level, in words; empty where it does not. */
export function differs(rules: ClientRules, level: number): string {
  const { asks, demands, verifies } = levelRules(level)
  const says = (seen: boolean | undefined, wanted: boolean, yes: string, no: string) =>
    seen === wanted ? [] : [seen === undefined ? `not seen: ${wanted ? yes : no}` : seen ? yes : no]
  return [
    ...says(rules.asks, asks, 'a certificate is asked for', 'no certificate is asked for'),
    ...says(
      rules.none,
      !demands,
      'a client without one is answered',
      'a client without one is refused',
    ),
    ...says(rules.stranger, !verifies, "a stranger's is taken", "a stranger's is refused"),
    ...(rules.ours === false ? ['ours is refused'] : []),
  ].join(', ')
}

function defined(rules: { [key in keyof ClientRules]: boolean | undefined }): ClientRules {
  return Object.fromEntries(
    Object.entries(rules).filter(([, value]) => value !== undefined),
  ) as ClientRules
}
