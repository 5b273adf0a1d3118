import type { Certificate } from '../certificates/certificate.ts'
import { publicKeySha256 } from '../certificates/key-type.ts'
import { labelOf, shortKey } from '../certificates/summary.ts'
import type { FoundKey, Upload } from '../certificates/upload.ts'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Waiting } from './pointers.ts'
import { readRequestKey, requestPaths } from './request-folder.ts'

/** A request, its key, and the leaf that answers it. */
export interface Match {
  waiting: Waiting
  key: FoundKey
  leaf: Certificate
}

/**
 * Finds the request that an answer is for: by the public key alone, whatever the files are called.
 *
 * @throws Problem with exit 65 when none of the waiting keys belongs to a certificate of the answer
 */
export async function matchAnswer(
  { certificates }: Pick<Upload, 'certificates'>,
  all: readonly Waiting[],
): Promise<Match> {
  const keys: { waiting: Waiting; key: FoundKey }[] = []
  for (const waiting of all) {
    const key = await readRequestKey(waiting.folder)
    if (!key) continue
    const file = requestPaths(waiting.folder).key
    const sha256 = publicKeySha256(key)
    keys.push({
      waiting,
      key: { open: () => key, publicKeySha256: sha256, wasLocked: false, file, position: 1 },
    })
  }
  for (const { certificate } of certificates) {
    const found = keys.find(({ key }) => key.publicKeySha256 === certificate.publicKeySha256)
    if (found) return { ...found, leaf: certificate }
  }
  const leaf = certificates.find(({ certificate }) => !certificate.isCa)?.certificate
  throw unknown(leaf, keys)
}

function unknown(
  leaf: Certificate | undefined,
  keys: readonly { waiting: Waiting; key: FoundKey }[],
) {
  const waiting = keys.map(
    ({ waiting: { request }, key }) => `${request.names[0]} ${shortKey(key.publicKeySha256)}`,
  )
  const seen = leaf ? `${labelOf(leaf)} has ${shortKey(leaf.publicKeySha256)}` : 'no leaf in it'
  return problem(exitCodes.data, {
    id: 'cert.answer-unknown',
    ...(waiting.length === 0 ? { title: 'No request waits on this machine.' } : {}),
    subject: leaf ? labelOf(leaf) : 'the answer',
    evidence: `public key: ${[seen, ...waiting.slice(0, 5)].join(', ')}`,
    fix:
      waiting.length === 0
        ? 'Name the folder where its key lies: --out FOLDER; or ask the CA first: secure-endpoint cert issue --csr NAME'
        : 'See what waits: secure-endpoint cert issue --waiting; send the CA that very request.csr.',
  })
}
