import { X509Certificate } from 'node:crypto'
import { jsonOnly } from '../../azure/az.ts'
import { parseAddress } from '../../net/address.ts'
import { handshake } from '../../net/handshake.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { addressIn } from './address.ts'
import { clusterArguments, type Where } from './answers.ts'
import { type Extension, isMoving, leftBehind, recentExtension, type TlsMode } from './extension.ts'
import { clusterOf } from './words.ts'

type Input = Record<string, Json>

/** What the extension must be like after a change. Data: it stands in a plan. */
export interface WantedExtension {
  mode: TlsMode | 'absent'
  secret?: string
  cname?: string
  /** Nothing of TLS is left in the settings. */
  clean?: boolean
}

/** What `azureml.extension` answers. */
interface ExtensionLook extends Record<string, Json> {
  state: string
  mode: string
  secret: string | null
  cname: string | null
  asWanted: boolean
  /** Whether az can send protected settings. */
  relayReady: boolean
  /** An operation of Azure is under way. */
  moving: boolean
  seen: string
}

/**
 * Looks at the extension: `{where, wanted?, unless?, cluster?, leaf?, name?}`. The stored pair of PEM
 * mode can not be read back: there the leaf that is served decides whether all is as wanted.
 */
export const look: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const where = input.where as unknown as Where
    const wanted = input.wanted as unknown as WantedExtension | undefined
    const now = await recentExtension(where, ctx)
    const unless = input.unless as unknown as WantedExtension | undefined
    const asWanted =
      (unless !== undefined && isAsWanted(now, unless)) ||
      (wanted !== undefined && (await isDone(now, wanted, input, ctx)))
    const answer: ExtensionLook = {
      state: now?.state ?? 'Absent',
      mode: now?.mode ?? 'absent',
      secret: now?.secret ?? null,
      cname: now?.cname ?? null,
      asWanted,
      relayReady: now?.relayReady ?? false,
      moving: now !== undefined && isMoving(now),
      seen: extensionWords(now),
    }
    return answer
  },
  printed: ({ where }, show) => {
    const args = clusterArguments(where as Where).map(show)
    return [quoteCommand(['az', 'k8s-extension', 'list', ...args, ...jsonOnly])]
  },
  shell: ({ where, wanted }, sh) => {
    const { mode = '', secret = '', cname = '' } = (wanted ?? {}) as Record<string, unknown>
    const at = clusterArguments(where as Where).map(sh.word)
    const words = [mode, secret, cname].map(sh.word)
    return [`azureml_extension ${words.join(' ')} ${at.join(' ')}`]
  },
}

/** Whether the stored settings are those that are wanted, and Azure is done with them. */
export function isAsWanted(now: Extension | undefined, wanted: WantedExtension): boolean {
  if (wanted.mode === 'absent') return now === undefined
  if (now?.state !== 'Succeeded' || now.mode !== wanted.mode) return false
  if (wanted.clean === true && leftBehind(now).length > 0) return false
  if (wanted.mode === 'http' || wanted.mode === 'none') return true
  return now.cname === wanted.cname && (wanted.mode !== 'secret' || now.secret === wanted.secret)
}

/**
 * The same, told by what is served where the settings cannot tell: a stored pair is never given back,
 * so one that is there may be the one of before.
 */
export async function isDone(
  now: Extension | undefined,
  wanted: WantedExtension,
  input: Input,
  ctx: Performing,
): Promise<boolean> {
  return isAsWanted(now, wanted) && (wanted.mode !== 'pem' || (await servesLeaf(input, ctx)))
}

/** The extension in a few words: its state, and how it ends TLS. */
export function extensionWords(now: Extension | undefined): string {
  if (!now) return 'not there'
  const how: Record<TlsMode, string> = {
    http: 'HTTP',
    none: 'neither HTTP nor a pair',
    pem: `TLS for ${now.cname ?? 'no name'} with stored files`,
    secret: `TLS for ${now.cname ?? 'no name'} with Secret ${now.secret ?? ''}`,
  }
  return `${now.state}, ${how[now.mode]}`
}

async function servesLeaf(input: Input, ctx: Performing): Promise<boolean> {
  const { leaf, name } = input
  if (typeof leaf !== 'string' || typeof name !== 'string') return false
  const at = await addressIn(clusterOf(input.cluster), { instead: input.instead }, 'https', ctx)
  const address = at === undefined ? undefined : parseAddress(at.address)
  if (!address) return false
  const { signal } = ctx
  const { chain } = await handshake({ ...address, name, roots: [], timeoutMs: 5_000, signal })
  return chain[0] !== undefined && new X509Certificate(chain[0]).fingerprint256 === leaf
}
