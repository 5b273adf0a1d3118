import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Judgement } from '../certificates/judgement.ts'
import { pemCertificates } from '../net/roots.ts'
import { type GenerationMeta, generationFolder } from '../record/generation.ts'
import type { RecordPaths } from '../record/paths.ts'
import type { PlanInput } from './make-plan.ts'

/**
 * Whether the new pair leads to a root that is not among those of the generation before. A local CA that
 * is chosen again is the one that signed the leaf before.
 */
export async function hasNewRoot(
  { answered, bringBack }: PlanInput,
  paths: RecordPaths,
  {
    generation,
    before,
    beforeMeta,
    judgement,
  }: {
    generation: number
    before: number | undefined
    beforeMeta: GenerationMeta | undefined
    judgement: Judgement | undefined
  },
): Promise<boolean> {
  if (before === undefined) return true
  const { certificate } = answered.answers
  if (certificate.source === 'managed') return false
  if (certificate.source === 'self-signed' && !bringBack)
    return certificate.authority === 'none' || beforeMeta?.authority === undefined
  const rootsOf = (number: number) =>
    readFile(join(generationFolder(paths, number), 'roots.pem'), 'utf8')
      .catch(() => '')
      .then(pemCertificates)
  const known = await rootsOf(before)
  const wanted = bringBack ? await rootsOf(generation) : [judgement?.root?.pem ?? '']
  const bare = (pem: string) => pem.replace(/\s/g, '')
  return wanted.some(pem => !known.map(bare).includes(bare(pem)))
}
