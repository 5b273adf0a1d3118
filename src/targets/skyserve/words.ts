import { plainText } from '../../process/plain-text.ts'
import type { ServiceState } from './service.ts'

const statuses = [
  'CONTROLLER_INIT',
  'REPLICA_INIT',
  'CONTROLLER_FAILED',
  'READY',
  'SHUTTING_DOWN',
  'FAILED',
  'FAILED_CLEANUP',
  'NO_REPLICA',
]

/** What `sky serve status` printed, as far as it can be relied on. */
export interface StatusWords {
  services: ServiceState[]
  /**
   * Whether a service that is not listed is really gone. "No live services." is also what sky says
   * when it believes to have no internet, with services running; it never counts as gone.
   */
  whole: boolean
  seen: string
}

/** Reads the table of `sky serve status` (0.14). There is no JSON form of it. */
export function readStatusWords(output: string): StatusWords {
  const lines = plainText(output).split('\n')
  const from = lines.findIndex(line => /^NAME\s+VERSION\s/.test(line))
  if (from < 0) {
    const nothing = lines.some(line => line.trim() === 'No existing services.')
    const seen = lines.find(line => /^No (existing|live) services/.test(line.trim()))?.trim()
    return { services: [], whole: nothing, seen: seen ?? 'sky says nothing of services' }
  }
  const services: ServiceState[] = []
  for (const line of lines.slice(from + 1)) {
    if (line.trim() === '' || line.startsWith('Service Replicas')) break
    const words = line.trim().split(/\s+/)
    const at = words.findIndex(word => statuses.includes(word))
    const [name = '', status = '', replicas = ''] = [words[0], words[at], words[at + 1]]
    if (at < 1) continue
    const url = endpointUrl(words.at(-1) ?? '')
    const [ready = 0, total = 0] = replicas.split('/').map(Number)
    services.push({
      name,
      status,
      replicas: { ready, total },
      ...(url ? { url, tls: url.startsWith('https:') } : {}),
    })
  }
  return { services, whole: services.length > 0, seen: `${services.length} listed` }
}

/** A URL that leads somewhere; sky also prints `-` and `https://None`. */
export function endpointUrl(text: string): string | undefined {
  if (!/^https?:\/\/[^\s/]+/.test(text) || !URL.canParse(text)) return undefined
  const { hostname } = new URL(text)
  return hostname.toLowerCase() === 'none' ? undefined : text
}
