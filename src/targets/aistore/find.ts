import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Found } from '../../answers/question.ts'
import type { World } from '../../world.ts'

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

/** The same as choices. */
export async function findGateways({ world }: { world: From }): Promise<Found> {
  const named = await namedGateways(world)
  const urls = [...new Set(named.map(({ url }) => url))]
  const note = (url: string) => named.find(each => each.url === url)?.source ?? ''
  return { choices: urls.map(url => ({ value: url, title: url, note: note(url) })) }
}
