import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Choice, Found, Search } from '../../answers/question.ts'
import type { World } from '../../world.ts'
import { hostPort } from './answers.ts'
import { createApi } from './api.ts'

/** A gateway that this machine's own settings name. */
export interface NamedGateway {
  url: string
  /** Where it is named. */
  source: string
}

type From = Pick<World, 'env' | 'home'>

/** The gateways that `ais` would talk to: its environment wins over its settings. */
export async function namedGateways({ env, home }: From): Promise<NamedGateway[]> {
  const path = join(home, '.config', 'ais', 'cli', 'cli.json')
  const settings = await readFile(path, 'utf8')
    .then(text => JSON.parse(text) as { cluster?: { url?: unknown } })
    .catch(() => undefined)
  const named = [
    { url: env.AIS_ENDPOINT, source: 'AIS_ENDPOINT' },
    { url: settings?.cluster?.url, source: "ais's own settings" },
  ]
  return named.flatMap(({ url, source }) =>
    typeof url === 'string' && isGateway(url) ? [{ url: url.replace(/\/+$/, ''), source }] : [],
  )
}

/** Whether a text is the URL of a gateway: scheme, host and port, and nothing else. */
export function isGateway(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, pathname, search, hash } = new URL(text)
  const bare = username + password + search + hash === '' && pathname === '/'
  return bare && (protocol === 'http:' || protocol === 'https:')
}

/** Milliseconds until a gateway that says nothing is shown without what it would have said. */
const answerMs = 3_000

/** The same as choices, with what each speaks; one that has a certificate is adopted when it is chosen. */
export async function findGateways({ world, signal }: Search): Promise<Found> {
  const named = await namedGateways(world)
  const urls = [...new Set(named.map(({ url }) => url))]
  const within = AbortSignal.any([signal, AbortSignal.timeout(answerMs)])
  const { AIS_CLIENT_CA: roots } = world.env
  const choices = await Promise.all(
    urls.map(async (url): Promise<Choice> => {
      const api = createApi({ roots: [] }, { world, signal: within })
      const scheme = await api.scheme(hostPort(url))
      const speaks = scheme === 'down' ? 'does not answer' : scheme.toUpperCase()
      const source = named.find(each => each.url === url)?.source ?? ''
      const adopted = { 'target.onConflict': 'adopt', ...(roots ? { 'target.roots': roots } : {}) }
      return {
        value: url,
        title: url,
        note: [source, speaks, scheme === 'https' ? 'is adopted' : ''].filter(Boolean).join(', '),
        ...(scheme === 'https' ? { also: adopted } : {}),
      }
    }),
  )
  return { choices }
}
