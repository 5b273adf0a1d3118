import { resolve } from 'node:path'
import { readSecret } from '../../answers/secret.ts'
import type { Certificate } from '../../certificates/certificate.ts'
import { readCrls } from '../../certificates/crls.ts'
import type { JudgeInput } from '../../certificates/judgement.ts'
import { readUpload } from '../../certificates/read.ts'
import type { UploadedFile } from '../../certificates/upload.ts'
import { readPath } from '../../certificates/upload-files.ts'
import { usage } from '../../errors.ts'
import type { Finding } from '../../findings.ts'
import { systemRoots } from '../../net/roots.ts'
import type { World } from '../../world.ts'
import { type ProfileFlags, profileFor } from './check-profile.ts'

export interface CheckFlags extends ProfileFlags {
  passphraseFile?: string
  roots?: string
  crls?: string
  maxDepth?: string
  at?: string
}

/** What every certificate of one call is held against. */
export type Standard = Omit<JudgeInput, 'certificates' | 'keys'> & {
  passphrase?: string
  /** What could not be read of the roots and lists. */
  findings: Finding[]
}

/**
 * Reads the flags, and the files that they name.
 *
 * @throws Problem with exit 2 for a flag that makes no sense
 */
export async function standardFor(
  flags: CheckFlags,
  world: Pick<World, 'cwd' | 'env'> & { clock: Pick<World['clock'], 'now'> },
): Promise<Standard> {
  const { cwd, env } = world
  const roots = await readRoots(flags.roots, cwd)
  const lists = await readFiles(flags.crls, cwd)
  const crls = readCrls(lists.files)
  const maxDepth = depthOf(flags.maxDepth)
  return {
    profile: await profileFor(flags),
    now: timeOf(flags.at) ?? world.clock.now(),
    roots: roots.certificates,
    onlyRoots: flags.roots !== undefined,
    rootOptional: flags.roots === undefined && flags.profile !== 'webpki',
    systemRoots: flags.roots === undefined ? systemRoots(env) : [],
    crls: crls.crls,
    // a check keeps nothing: that the passphrase is handed over is agreement enough
    agreed: ['unlock'],
    findings: [...roots.findings, ...lists.findings, ...crls.findings],
    ...(maxDepth === undefined ? {} : { maxDepth }),
    ...(flags.passphraseFile === undefined
      ? {}
      : { passphrase: await readSecret({ file: resolve(cwd, flags.passphraseFile) }, cwd) }),
  }
}

/** The files that paths stand for; what cannot be read is a finding. */
export async function readFiles(
  paths: string | readonly string[] | undefined,
  folder: string,
): Promise<{ files: UploadedFile[]; findings: Finding[] }> {
  const all = await Promise.all([paths ?? []].flat().map(path => readPath(path, folder)))
  return {
    files: all.flatMap(({ files }) => files),
    findings: all.flatMap(({ finding }) => finding ?? []),
  }
}

/** Roots that cannot be read only warn: the chain may lead to another one. */
async function readRoots(
  path: string | undefined,
  folder: string,
): Promise<{ certificates: Certificate[]; findings: Finding[] }> {
  const { files, findings } = await readFiles(path, folder)
  const read = readUpload(files)
  return {
    certificates: read.certificates.map(({ certificate }) => certificate),
    findings: [
      ...findings,
      ...read.unread.map(({ finding }) => ({ ...finding, severity: 'warns' as const })),
    ],
  }
}

function depthOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw usage(
    `--max-depth ${text} is no number.`,
    'Write how many CAs may stand between: 0, 1, 2 …',
  )
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
  const at = rfc3339.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw usage(`--at ${text} is no time.`, 'Write it as RFC 3339 does: 2027-01-31T12:00:00Z.')
}
