import { createPrivateKey, X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { readCertificate } from '../../certificates/certificate.ts'
import { cutPem } from '../../certificates/pem.ts'
import { leafSummary } from '../../certificates/summary.ts'
import { problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { atPath } from '../../plan/predicate.ts'
import {
  type GenerationFiles,
  type LeafSummary,
  listGenerations,
  writeGeneration,
} from '../../record/generation.ts'
import { readUserFile } from '../../user-file.ts'
import { namespace } from './answers.ts'
import { readIngress, writableOf } from './ingress.ts'
import { clusterOf } from './words.ts'

type Input = Record<string, Json>

interface Found {
  files: GenerationFiles
  leaf?: LeafSummary
}

/**
 * Keeps what is in place as generation 0, for going back: the settings, and the pair where it can be
 * had, from its Secret or from the files that the answers name; with `ingress`, which is somebody
 * else's, also that object and its pair. `{cluster, mode, settings, secret?, cname?, chain?, key?,
 * ingress?}`.
 */
export const keepFound: Op = {
  changes: false,
  async run(input: Input, ctx): Promise<Json> {
    const { paths } = ctx.record
    if ((await listGenerations(paths)).includes(0)) return { kept: true, seen: 'generation 0' }
    const { mode, secret, cname, settings } = input
    const theirs = await ingressIn(input, ctx)
    const { files, leaf } = theirs?.files
      ? { files: theirs.files, leaf: leafIn(theirs.files['chain.pem']) }
      : await pairOf(input, ctx)
    const made = new Date(ctx.world.clock.now()).toISOString()
    const ingress = theirs?.object
    const found = { mode, secret, cname, settings, ...(ingress ? { ingress } : {}) } as Json
    const meta = { number: 0, made, source: 'found', found, ...(leaf ? { leaf } : {}) } as const
    await writeGeneration(paths, meta, files)
    return { kept: true, seen: 'key.pem' in files ? 'its settings and pair' : 'its settings' }
  },
  printed: ({ secret, ingress }, show) => {
    const more = [
      ...(secret === undefined ? [] : [` and Secret ${show(secret)}`]),
      ...(ingress === undefined ? [] : [` and Ingress ${show(ingress)}`]),
    ]
    return [`keeps the settings${more.join('')} as generation 0`]
  },
  shell: ({ cluster, secret = '', chain = '', key = '', ingress = '' }, sh) => {
    const { context, kubeconfig = '' } = cluster as Record<string, unknown>
    const place = [context, namespace, kubeconfig].map(sh.word)
    return [
      `azureml_keep_found ${[...place, ...[secret, chain, key, ingress].map(sh.word)].join(' ')}`,
    ]
  },
}

/** The Ingress of somebody else, as it can be put back, and the pair that it ends TLS with. */
async function ingressIn({ cluster, ingress }: Input, ctx: Performing) {
  if (typeof ingress !== 'string') return undefined
  const found = await readIngress(clusterOf(cluster), ingress, ctx)
  if (!found) return undefined
  const object = writableOf(found)
  const name = atPath(object, 'spec.tls.0.secretName')
  if (typeof name !== 'string') return { object }
  const secret = await readSecret({ place: { ...clusterOf(cluster), namespace }, name }, ctx)
  const [chain, key] = ['tls.crt', 'tls.key'].map(each => secret?.data?.[each])
  if (chain === undefined || key === undefined) return { object }
  const decoded = (text: string) => Buffer.from(text, 'base64')
  return { object, files: { 'chain.pem': decoded(chain), 'key.pem': decoded(key) } }
}

/** That of the Secret; where it cannot be had there, as in PEM mode, the one that the answers name. */
async function pairOf(input: Input, ctx: Performing): Promise<Found> {
  const found = input.mode === 'secret' ? await fromSecret(input, ctx) : { files: {} }
  return 'key.pem' in found.files ? found : fromFiles(input, ctx)
}

async function fromSecret({ cluster, secret }: Input, ctx: Performing): Promise<Found> {
  const place = { ...clusterOf(cluster), namespace }
  const found = await readSecret({ place, name: String(secret) }, ctx)
  const chain = found?.data?.['cert.pem']
  const key = found?.data?.['key.pem']
  if (chain === undefined || key === undefined) return { files: {} }
  const files = { chain: Buffer.from(chain, 'base64'), key: Buffer.from(key, 'base64') }
  const leaf = leafIn(files.chain)
  return {
    files: { 'chain.pem': files.chain, 'key.pem': files.key },
    ...(leaf ? { leaf } : {}),
  }
}

async function fromFiles({ chain, key }: Input, { userFolder }: Performing): Promise<Found> {
  if (typeof chain !== 'string' || typeof key !== 'string') return { files: {} }
  const read = (path: string) => readUserFile(resolve(userFolder, path), 'It is the way back.')
  const files = { 'chain.pem': await read(chain), 'key.pem': await read(key) }
  if (!belongTogether(files['chain.pem'], files['key.pem'])) {
    throw problem(exitCodes.data, {
      id: 'answers.wrong',
      title: 'target.previousKey does not belong to target.previousChain.',
      subject: key,
      evidence: 'the public keys differ, or one of them cannot be read',
      why: 'With these two there would be no way back.',
      fix: 'Name the pair that is in place, or leave both out.',
    })
  }
  const leaf = leafIn(files['chain.pem'])
  return { files, ...(leaf ? { leaf } : {}) }
}

function belongTogether(chain: Buffer, key: Buffer): boolean {
  try {
    return new X509Certificate(chain).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

function leafIn(chain: Buffer): LeafSummary | undefined {
  try {
    const block = cutPem(chain).blocks.find(({ kind }) => kind === 'certificate')
    const reading = block && readCertificate(block.der)
    return reading?.ok ? leafSummary(reading.certificate) : undefined
  } catch {
    return undefined // an odd pair of somebody else: its bytes are kept all the same
  }
}
