import { keyPem } from '../../src/certificates/private-key.ts'
import { leafSummary } from '../../src/certificates/summary.ts'
import { writeEndpoint } from '../../src/record/endpoint.ts'
import { setCurrentGeneration, writeGeneration } from '../../src/record/generation.ts'
import { recordPaths } from '../../src/record/paths.ts'
import { serveStage } from '../../src/rehearsal/stage-server.ts'
import { family, type Made } from './certificates.ts'
import { fakeClock, fakeWorld } from './play.ts'
import { createScratch } from './scratch.ts'

type AtEnd = (close: () => void) => void

const domain = 'fraud.ml.example.com'
const at = Date.now()

/** The leaf that recorded endpoints have, and who vouches for it; `at` is when it was made. */
export const served = { at, ...family({ at }) }

/** The PEM chain of a leaf of this family. */
export function chainOf({ certificate }: Made): string {
  return certificate.pem + served.issuing.pem
}

/** Serves a leaf on loopback; gives its address. */
export async function stage(atEnd: AtEnd, made: Made): Promise<string> {
  const tls = { chain: chainOf(made), key: keyPem(made.key), old: false }
  const server = await serveStage({ tls, readyAt: 0, now: Date.now })
  atEnd(() => void server.close())
  return `127.0.0.1:${server.port}`
}

interface Recorded {
  addresses?: string[]
  https?: boolean
  /** The leaf of the current generation. */
  leaf?: Made
  roots?: string
}

/** Puts an endpoint into the record below a state folder. */
export async function recordEndpoint(
  folder: string,
  name: string,
  { addresses = [], https = true, leaf = served.leaf, roots = served.root.pem }: Recorded = {},
) {
  const paths = recordPaths(folder, name)
  const meta = { number: 1, made: new Date(at).toISOString(), source: 'self-signed' } as const
  await writeGeneration(
    paths,
    { ...meta, leaf: leafSummary(leaf.certificate) },
    { 'roots.pem': roots },
  )
  await setCurrentGeneration(paths, 1)
  const url = `https://${domain}:30001/`
  const where = { domain, https, live: {}, url, addresses, clients: [] }
  await writeEndpoint(paths, { name, target: 'skyserve', ...where })
  return paths
}

/** A world with one record, `svc-a`; its clock is `ahead` milliseconds ahead. */
export async function recorded(atEnd: AtEnd, more: Recorded & { ahead?: number } = {}) {
  const { folder } = createScratch(atEnd)
  const world = fakeWorld({ stateFolder: folder, clock: fakeClock(at + (more.ahead ?? 0)) })
  return { world, paths: await recordEndpoint(folder, 'svc-a', more) }
}
