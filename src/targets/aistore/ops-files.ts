import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { exitCodes } from '../../exit-codes.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { makeFolder, writeFileAtomic } from '../../record/write.ts'
import {
  type FilesOnHosts,
  placedOnHosts,
  placeOnHosts,
  printedOnHosts,
  shellOnHosts,
} from './hosts/files-on-hosts.ts'
import { nodePath } from './node-path.ts'
import { aistoreProblem } from './problems.ts'

/** Where a pair lies on the nodes, and where it comes from. */
export interface Files {
  chain: string
  key: string
  /** Left out where nodes need no root of ours. */
  roots?: string
  certFile: string
  keyFile: string
  caFile: string
  /** Whether the answers name these paths, and not the cluster alone. */
  named: boolean
}

/** Whether the pair lies where the nodes read it. */
export const placedOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const files = input as unknown as Files
    if (isBySsh(files)) return placedOnHosts(files, ctx)
    const all = await isPlaced(files, ctx)
    return { placed: all, seen: all ? 'in place' : 'not there yet' }
  },
  printed: () => [],
  shell: (input, sh) => [
    isBySsh(input)
      ? shellOnHosts('ais_hosts_placed', input, sh.word)
      : `ais_placed ${wordsOf(input, sh)}`,
  ],
}

/**
 * Puts the pair where the nodes read it: `{chain, key, roots, certFile, keyFile, caFile, place}`. The
 * key first and the certificate last, each by a rename: nodes look at the certificate's time alone.
 */
export const placeFilesOp: Op = {
  changes: true,
  async run(input, ctx): Promise<Json> {
    const files = input as unknown as Files
    if (isBySsh(files)) return placeOnHosts(files, ctx)
    for (const each of targetsOf(files)) await put(each, files.named, ctx)
    await mustMatch(files, ctx)
    return { placed: true, seen: 'in place' }
  },
  printed(input, show) {
    const files = input as unknown as Files
    if (isBySsh(files)) return printedOnHosts(files, show)
    return targetsOf(files).map(
      ({ from, to, mode }) => `install -m ${mode.toString(8).padStart(4, '0')} ${show(from)} ${to}`,
    )
  },
  shell: (input, sh) => [
    isBySsh(input)
      ? shellOnHosts('ais_hosts_place', input, sh.word)
      : `ais_place ${wordsOf(input, sh)}`,
  ],
}

interface Target {
  from: string
  to: string
  mode: 0o600 | 0o644
}

/** Whether files on this machine are those of the pair. */
export async function isPlaced(files: Files, ctx: Performing): Promise<boolean> {
  const placed = await Promise.all(targetsOf(files).map(each => isSame(each, ctx)))
  return placed.every(Boolean)
}

/** In the order in which they are written. */
export function targetsOf({
  chain,
  key,
  roots,
  certFile,
  keyFile,
  caFile,
}: Omit<Files, 'named'>): Target[] {
  return [
    { from: key, to: keyFile, mode: 0o600 },
    ...(roots === undefined ? [] : [{ from: roots, to: caFile, mode: 0o644 as const }]),
    { from: chain, to: certFile, mode: 0o644 },
  ]
}

async function isSame({ from, to, mode }: Target, ctx: Performing): Promise<boolean> {
  const path = nodePath(to, ctx)
  try {
    const [wanted, there, { mode: now }] = await Promise.all([
      readFile(from),
      readFile(path),
      stat(path),
    ])
    return wanted.equals(there) && (mode !== 0o600 || (now & 0o077) === 0)
  } catch {
    return false
  }
}

async function put({ from, to, mode }: Target, named: boolean, ctx: Performing): Promise<void> {
  const path = nodePath(to, ctx)
  const bytes = await readFile(from)
  const there = await readFile(path, 'latin1').catch(() => '')
  // where only the settings of a cluster say so, nothing but a certificate or key is replaced
  if (!named && there !== '' && !(mode === 0o600 ? isKey : isCertificate).test(there))
    throw notOurs(path, mode)
  await makeFolder(dirname(path))
  await writeFileAtomic(path, bytes, mode, await ownerFor(path))
}

const isKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/
const isCertificate = /-----BEGIN CERTIFICATE-----/

function notOurs(path: string, mode: number) {
  return aistoreProblem('aistore.foreign-file', exitCodes.data, {
    subject: path,
    evidence: `it holds no ${mode === 0o600 ? 'key' : 'certificate'}`,
    fix: 'Move it away, or name another path.',
  })
}

/** Written by root, a file is of whoever owns its folder: a key that aisnode cannot read ends it. */
async function ownerFor(path: string): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = await stat(dirname(path))
  return uid === 0 ? undefined : { uid, gid }
}

/** What lies there now is read as a node will read it: it dies of a pair that does not match. */
async function mustMatch({ certFile, keyFile }: Files, ctx: Performing): Promise<void> {
  const [cert, key] = await Promise.all(
    [certFile, keyFile].map(path => readFile(nodePath(path, ctx), 'utf8')),
  )
  if (new X509Certificate(cert ?? '').checkPrivateKey(createPrivateKey(key ?? ''))) return
  throw aistoreProblem('aistore.refused', exitCodes.failed, {
    title: 'Key and certificate at the paths of the nodes do not belong together.',
    subject: certFile,
    evidence: `${keyFile} is the key of another certificate`,
    fix: 'See what else writes these files; then run the same command again.',
  })
}

function isBySsh(input: object): input is FilesOnHosts {
  return 'place' in input && input.place === 'ssh'
}

function wordsOf(input: Record<string, unknown>, sh: Parameters<Op['shell']>[1]): string {
  const { chain, key, roots = '', certFile, keyFile, caFile } = input
  return [chain, key, roots, certFile, keyFile, caFile].map(sh.word).join(' ')
}
