import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import type { LookupFunction } from 'node:net'
import { type AddressKind, addressKind } from './address-kind.ts'
import { isIP } from './is-ip.ts'

const mostBytes = 64 * 1024
const mostMs = 5000
const mostRedirects = 2

/** What stands at an address, or why it was not taken: a clause without a full stop. */
export type Offer =
  | { bytes: Buffer }
  /** `private`: an address of a private network, which nobody agreed to. */
  | { refused: string; private?: true }

export interface GetOptions {
  /** Whether an address of a private network may be asked. */
  mayBePrivate: boolean
  /** The system's resolver, and what is thought of its answers. */
  lookup?: typeof systemLookup
  kindOf?: (address: string) => AddressKind
}

/**
 * Gets what stands at an address that a certificate names, so at one that a stranger chose: over http or
 * https, at most 64 KiB in 5 seconds, over at most two redirects, and from no address of this machine,
 * its link, or a cloud's metadata. What a name resolves to is looked at on the connection itself.
 */
export async function getOffer(text: string, options: GetOptions): Promise<Offer> {
  const signal = AbortSignal.timeout(mostMs)
  let url = text
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    const answer = await getOnce(url, options, signal)
    if (!('location' in answer)) return answer
    if (!URL.canParse(answer.location, url)) return { refused: 'it leads to no address' }
    url = new URL(answer.location, url).href
  }
  return { refused: `it leads on more than ${mostRedirects} times` }
}

async function getOnce(
  text: string,
  { mayBePrivate, lookup = systemLookup, kindOf = addressKind }: GetOptions,
  signal: AbortSignal,
): Promise<Offer | { location: string }> {
  const url = new URL(text)
  if (!['http:', 'https:'].includes(url.protocol))
    return { refused: 'it is neither http nor https' }
  if (url.username || url.password) return { refused: 'it holds a user or a password' }
  const judge = (address: string) => refusal(address, kindOf(address), mayBePrivate)
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const refused = isIP(literal) ? judge(literal) : undefined
  if (refused) return refused
  return new Promise(resolve => {
    const ask = url.protocol === 'https:' ? httpsGet : httpGet
    const options = { agent: false as const, signal, lookup: careful(lookup, judge, resolve) }
    const asking = ask(url, options, answer => {
      take(answer).then(resolve)
      answer.on('close', () => asking.destroy())
    })
    asking.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ refused: signal.aborted ? 'no answer in 5 seconds' : (error.code ?? 'no answer') }),
    )
  })
}

type Refused = Extract<Offer, { refused: string }>

function refusal(address: string, kind: AddressKind, mayBePrivate: boolean): Refused | undefined {
  if (kind === 'inner') return { refused: `${address} is of this machine, its link or its cloud` }
  if (kind === 'public' || mayBePrivate) return undefined
  return { refused: `${address} is of a private network`, private: true }
}

/** Resolves a name, and hands on only what may be asked: nothing can change in between. */
function careful(
  lookup: typeof systemLookup,
  judge: (address: string) => Refused | undefined,
  refuse: (refused: Refused) => void,
): LookupFunction {
  return (host, options: LookupOptions, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const [first] = addresses ?? []
      if (error || !first) return callback(error ?? new Error('no address'), '', 0)
      const refused = addresses.flatMap(each => judge(each.address) ?? [])[0]
      if (refused) {
        refuse(refused)
        return callback(new Error(refused.refused), '', 0)
      }
      if (options.all) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}

async function take(answer: IncomingMessage): Promise<Offer | { location: string }> {
  const { statusCode = 0, headers } = answer
  const redirects = statusCode >= 300 && statusCode < 400 && headers.location !== undefined
  if (statusCode !== 200) answer.destroy()
  if (redirects) return { location: headers.location ?? '' }
  if (statusCode !== 200) return { refused: `it answers ${statusCode}` }
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > mostBytes) return { refused: `it has more than ${mostBytes / 1024} KiB` }
      chunks.push(chunk)
    }
  } catch {
    return { refused: 'its answer breaks off' }
  }
  return { bytes: Buffer.concat(chunks) }
}
