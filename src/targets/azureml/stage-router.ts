import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import { writeFileAtomic } from '../../record/write.ts'
import type { StageKit } from '../target.ts'
import type { AzureMlAnswers } from './answers.ts'

/** azureml-fe on the stage, with what the extension's settings make of it. */
export interface StagedRouter {
  /** The stored settings, and the names of the protected ones; undefined while there is no extension. */
  settings: Map<string, string> | undefined
  protectedSettings: Map<string, string>
  /** Secrets of the namespace by name: base64 by key, with type, labels and annotations. */
  secrets: Map<string, Json>
  scheme: 'http' | 'https'
  /** Port on loopback; 0 while nothing listens. */
  port: number
  /** Counts what Kubernetes calls the generation of the Deployment. */
  rollouts: number
  /** The Ingress before it, where one was applied, and the port that it is served on. */
  ingress?: { object: Json; port: number }
  /** Counts the Ingresses that were made. */
  ingresses: number
  state: 'Succeeded' | 'Failed'
  health: string
  /** Serves an Ingress with the pair of the Secret that it names, or over HTTP. */
  applyIngress(object: Json | undefined): Promise<void>
  /** Makes what is served follow the settings; the health check's words where it cannot. */
  converge(): Promise<string | undefined>
}

/** Microsoft's own words for E40007. */
const invalid =
  "The SSL key or certificate isn't valid. The CNAME should be compatible with the certificate."

export async function createStagedRouter(
  own: AzureMlAnswers,
  kit: StageKit,
): Promise<StagedRouter> {
  let files = 0
  const router: StagedRouter = {
    settings: new Map([
      ['enableInference', 'True'],
      ['allowInsecureConnections', 'True'],
      ['inferenceRouterServiceType', own.serviceType],
      ['inferenceRouterHA', own.highAvailability === 'yes' ? 'true' : 'false'],
      ['relayserver.enabled', own.clusterType === 'arc' ? 'true' : 'false'],
      ['servicebus.enabled', 'false'],
    ]),
    protectedSettings: new Map(),
    secrets: new Map(),
    scheme: 'http',
    port: await kit.serveHttp({ readyAt: 0 }),
    rollouts: 1,
    ingresses: 0,
    state: 'Succeeded',
    health: '',
    async applyIngress(object) {
      if (router.ingress) await kit.stop(router.ingress.port)
      delete router.ingress
      if (object === undefined) return
      const name = String(atPath(object, 'spec.tls.0.secretName') ?? '')
      const data = atPath(router.secrets.get(name), 'data') as Record<string, string> | undefined
      const text = (key: string) => Buffer.from(data?.[key] ?? '', 'base64').toString()
      const pair = { chain: text('tls.crt'), key: text('tls.key') }
      const port = data ? await serve(pair) : await kit.serveHttp({ readyAt: 0 })
      router.ingress = { object, port }
    },
    async converge() {
      const pair = pairOf(router)
      if (typeof pair === 'string') {
        router.state = 'Failed'
        router.health = `Status: Failed Name: ssl-setting-check ErrorCode: E40007 ErrorMessage: ${invalid} (${pair})`
        return router.health
      }
      if (router.port !== 0) await kit.stop(router.port)
      router.port = 0
      if (router.settings) {
        router.scheme = pair ? 'https' : 'http'
        router.port = pair ? await serve(pair) : await kit.serveHttp({ readyAt: 0 })
      }
      router.rollouts += 1
      router.state = 'Succeeded'
      router.health = 'Status: Succeeded Name: ssl-setting-check'
      return undefined
    },
  }
  const serve = async ({ chain, key }: PairText) => {
    files += 1
    const folder = join(kit.world.stateFolder, `stage-${files}`)
    const paths = { chain: join(folder, 'chain.pem'), key: join(folder, 'key.pem') }
    const { mkdir } = await import('node:fs/promises')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFileAtomic(paths.chain, chain)
    await writeFileAtomic(paths.key, key)
    return kit.serveTls({ ...paths, readyAt: 0 })
  }
  return router
}

interface PairText {
  chain: string
  key: string
}

/** The pair that the settings lead to; nothing for HTTP; words where it cannot be used. */
function pairOf({
  settings,
  protectedSettings,
  secrets,
}: StagedRouter): PairText | string | undefined {
  if (!settings || settings.get('allowInsecureConnections')?.toLowerCase() === 'true')
    return undefined
  const name = settings.get('scoringFe.sslSecret')
  const cert64 = protectedSettings.get('scoringFe.sslCert')
  const key64 = protectedSettings.get('scoringFe.sslKey')
  const secret = secrets.get(name ?? '') as { data?: Record<string, string> } | undefined
  const found = cert64 && key64 ? { 'cert.pem': cert64, 'key.pem': key64 } : secret?.data
  if (!found) return `secret ${name ?? ''} was not found in namespace azureml`
  const text = (key: string) => Buffer.from(found[key as 'cert.pem'] ?? '', 'base64').toString()
  const pair = { chain: text('cert.pem'), key: text('key.pem') }
  try {
    // the real health check holds the name against sslCname, too: here the proof shows it
    const leaf = new X509Certificate(pair.chain)
    return leaf.checkPrivateKey(createPrivateKey(pair.key)) ? pair : 'key values mismatch'
  } catch (error) {
    return (error as Error).message
  }
}
