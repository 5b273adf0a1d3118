import { constants, existsSync } from 'node:fs'
import { access, copyFile, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAmong } from '../certificates/anchors.ts'
import { trustedCertificate } from '../certificates/certificate.ts'
import { cutPem } from '../certificates/pem.ts'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { systemRoots } from '../net/roots.ts'
import { oneLine } from '../process/plain-text.ts'
import { succeeded } from '../process/tool.ts'
import type { World } from '../world.ts'
import { type SystemStore, systemStores } from './system-stores.ts'
import { removeStale, type TrustFiles } from './trust-files.ts'

/** The store of this system, where it is one that is driven from here. */
export async function storeHere(
  world: Pick<World, 'which'>,
  stores: readonly SystemStore[] = systemStores,
): Promise<SystemStore | undefined> {
  for (const store of stores) {
    if (existsSync(store.folder) && (await world.which(store.update[0]))) return store
  }
  return undefined
}

/**
 * Whether this user may change the store.
 *
 * @throws Problem with exit 77 and the commands to type instead
 */
export async function mustBeAllowed({ folder }: SystemStore, commands: readonly string[]) {
  try {
    await access(folder, constants.W_OK)
  } catch {
    throw problem(exitCodes.noPermission, {
      id: 'trust.not-here',
      title: 'This user may not change what the system trusts.',
      subject: folder,
      evidence: 'it is not writable',
      why: 'Trust for all programs of a machine is a matter of its administrator.',
      fix: commands.join('\n'),
    })
  }
}

/** Whether each root is in the store already. */
export async function isInstalled(
  { folder }: SystemStore,
  { singles }: TrustFiles,
  env: World['env'],
): Promise<boolean> {
  const trusted = systemRoots({ ...env, SSL_CERT_FILE: undefined })
  const all = await Promise.all(
    singles.map(async ({ name, path }) => {
      const pem = await readFile(path, 'utf8')
      const there = await readFile(join(folder, `${name}.crt`), 'utf8').catch(() => '')
      return there === pem && isTrusted(pem, trusted)
    }),
  )
  return all.every(Boolean)
}

/**
 * Puts the roots into the store of this system, and looks whether they are trusted then. Those of a
 * CA that was rolled over go. When it fails, what was put there is taken away again.
 *
 * @throws Problem with exit 69 when the system's command fails
 */
export async function installTrust(
  store: SystemStore,
  files: TrustFiles,
  world: Pick<World, 'run' | 'env'>,
): Promise<void> {
  const { folder, update, updateAfterRemoval } = store
  const wanted = new Set(files.singles.map(({ name }) => name))
  const placed: string[] = []
  for (const { name, path } of files.singles) {
    const place = join(folder, `${name}.crt`)
    await copyFile(path, place)
    placed.push(place)
  }
  const stale = await removeStale(folder, files.slug, wanted)
  const said = await runUpdate(stale.length > 0 ? updateAfterRemoval : update, world)
  const works = said === undefined && (await isInstalled(store, files, world.env))
  if (works) return
  for (const place of placed) await rm(place, { force: true })
  await runUpdate(updateAfterRemoval, world)
  throw failed(store, said ?? 'it ended well, but the root is not among those that are trusted')
}

/** Takes the roots out of the store again; the same call twice does no harm. */
export async function removeTrust(
  store: SystemStore,
  { slug }: TrustFiles,
  world: Pick<World, 'run'>,
): Promise<string[]> {
  const gone = await removeStale(store.folder, slug, new Set())
  const said = await runUpdate(store.updateAfterRemoval, world)
  if (said !== undefined) throw failed(store, said)
  return gone
}

/** What a failed command said; undefined when all went well. */
async function runUpdate(
  argv: readonly [string, ...string[]],
  { run }: Pick<World, 'run'>,
): Promise<string | undefined> {
  const result = await run({ argv, limitMs: 120_000 })
  if (succeeded(result)) return undefined
  return oneLine(result.stderr || result.stdout || result.outcome).slice(0, 300)
}

function isTrusted(pem: string, trusted: readonly string[]): boolean {
  const [block] = cutPem(Buffer.from(pem)).blocks
  return block !== undefined && isAmong(trustedCertificate(block.der), trusted)
}

function failed({ update, folder }: SystemStore, evidence: string) {
  return problem(exitCodes.unavailable, {
    id: 'trust.failed',
    title: `${update[0]} did not take the root; nothing of ours is left there.`,
    subject: folder,
    evidence,
    fix: `Look at it with: ${update.join(' ')}`,
  })
}
