import { basename } from 'node:path'
import type { CertificateAnswers } from '../answers/answers.ts'
import { passphraseIn } from '../answers/secret.ts'
import type { Certificate } from '../certificates/certificate.ts'
import { chooseAuthority } from '../certificates/choose-authority.ts'
import { gateUpload } from '../certificates/gate-upload.ts'
import { issuedChain, issueLeaf } from '../certificates/issue.ts'
import { noteIssued } from '../certificates/issued.ts'
import { keyPem } from '../certificates/private-key.ts'
import type { CertificateProfile, SelfSigned } from '../certificates/profile.ts'
import { leafSummary } from '../certificates/summary.ts'
import { Problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { systemRoots } from '../net/roots.ts'
import type { Op, OpTable, Performing } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import { madeLeaf } from '../plan/recent.ts'
import { readGeneration, writeGeneration } from '../record/generation.ts'

type Uploaded = Extract<CertificateAnswers, { source: 'uploaded' }>

/** Whether the generation that the plan makes holds its pair already. */
const kept: Op = {
  changes: false,
  async run(_input, { record }): Promise<Json> {
    const meta = await readGeneration(record.paths, record.generation)
    if (!meta?.leaf) return { kept: false, seen: 'not made yet' }
    const { fingerprint } = meta.leaf
    return {
      kept: true,
      fingerprint,
      seen: `${fingerprint.slice(0, 11)}, generation ${record.generation}`,
    }
  },
  printed: () => [],
  shell: () => ['pair_kept'],
}

/** Makes a leaf, and a local CA where none vouches for its names: `{generate}`. */
const issue: Op = {
  changes: false,
  async run({ generate }, ctx): Promise<Json> {
    const { profile, ...wanted } = generate as unknown as SelfSigned & {
      profile: CertificateProfile
    }
    const { world } = ctx
    const names = [...new Set([...profile.names, ...wanted.names])]
    const now = world.clock.now()
    const around = { now, random: world.random }
    const { keyType, days } = wanted
    const chosen =
      wanted.authority === 'local'
        ? await chooseAuthority({
            stateFolder: world.stateFolder,
            names,
            keyType,
            days,
            ...(await preferred(ctx)),
            ...passphraseIn(ctx.secrets),
            ...around,
          })
        : undefined
    const authority = chosen?.authority
    const leaf = await issueLeaf({
      names,
      keyType,
      days,
      extendedKeyUsage: profile.extendedKeyUsage,
      ...around,
      ...(authority ? { authority } : {}),
    })
    if (authority) {
      const whom = `endpoint ${basename(ctx.record.paths.folder)}`
      await noteIssued(world.stateFolder, authority.name, leaf.certificate, { now, whom })
    }
    const chain = issuedChain(leaf, authority, profile)
    const roots = chosen?.roots ?? [leaf.certificate]
    const made = { at: world.clock.elapsed(), output: true }
    ctx.recent.set(madeLeaf(leaf.certificate.fingerprint), made)
    return writePair(ctx, 'self-signed', chain, keyPem(leaf.key), roots, authority?.name)
  },
  printed: ({ generate }, show) => {
    const { keyType, days, authority } = generate as unknown as SelfSigned
    const by = authority === 'local' ? ', signed by the local CA' : ', signed by itself'
    return [`makes a key (${show(keyType)}) and a leaf for ${show(days)} days${by}`]
  },
  shell: ({ generate }, sh) => {
    const { keyType, days, names, profile, authority } = generate as unknown as SelfSigned & {
      profile: CertificateProfile
    }
    const all = [...new Set([...profile.names, ...names])].join(',')
    const uses = profile.extendedKeyUsage.join(',')
    const words = [all, keyType, String(days), authority, profile.root, uses].map(sh.word)
    return [`make_pair ${words.join(' ')} || return`, 'pair_kept']
  },
}

/** The CA that signed the leaf before: clients of this endpoint trust it. */
async function preferred({ record: { paths, before } }: Performing): Promise<{ prefer?: string }> {
  const meta = before === undefined ? undefined : await readGeneration(paths, before)
  return meta?.authority === undefined ? {} : { prefer: meta.authority }
}

/** Puts the checked upload into the generation; it is checked again, as it lies there now. */
const keep: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const { profile, privateRoot, ...upload } = input as unknown as Uploaded & {
      profile: CertificateProfile
      privateRoot: boolean
    }
    const { world, userFolder, secrets } = ctx
    const judged = await gateUpload({
      upload,
      folder: userFolder,
      profile,
      now: world.clock.now(),
      systemRoots: systemRoots(world.env),
      fetching: { offered: world.offered },
      ...passphraseIn(secrets),
    })
    if (judged.verdict === 'blocked' || !judged.openKey)
      throw new Problem(exitCodes.data, judged.findings)
    const roots = privateRoot && judged.root ? [judged.root] : []
    return writePair(ctx, 'uploaded', judged.chain, keyPem(judged.openKey()), roots)
  },
  printed: ({ chain, key, repair }, show) => [
    `keeps ${show(chain)}${key === undefined ? '' : ` and ${show(key)}`}, repaired where needed; the files stay as they are`,
    ...(Array.isArray(repair) && repair.includes('intermediate')
      ? ['takes a certificate that is missing from where the chain says that it lies']
      : []),
    ...(Array.isArray(repair) && repair.includes('unlock')
      ? ['keeps the key without its passphrase, in a file of mode 0600']
      : []),
  ],
  shell: ({ profile }, sh) => {
    const { names, root } = profile as CertificateProfile
    return [`take_pair ${[names.join(','), root].map(sh.word).join(' ')} || return`, 'pair_kept']
  },
}

/** Writes chain, key and roots as the generation that the plan makes. */
export async function writePair(
  { record, world }: Performing,
  source: 'self-signed' | 'uploaded',
  chain: readonly Certificate[],
  key: string,
  roots: readonly Certificate[],
  authority?: string,
): Promise<Json> {
  const [leaf] = chain
  if (!leaf) throw new TypeError('a chain without a leaf')
  const pem = (certificates: readonly Certificate[]) => certificates.map(each => each.pem).join('')
  await writeGeneration(
    record.paths,
    {
      number: record.generation,
      made: new Date(world.clock.now()).toISOString(),
      source,
      ...(record.before === undefined ? {} : { replaces: record.before }),
      leaf: leafSummary(leaf),
      ...(authority === undefined ? {} : { authority }),
    },
    {
      'chain.pem': pem(chain),
      'key.pem': key,
      ...(roots.length > 0 ? { 'roots.pem': pem(roots) } : {}),
    },
  )
  const { fingerprint } = leaf
  return { fingerprint, seen: `${fingerprint.slice(0, 11)}, generation ${record.generation}` }
}

export const certificateOps: OpTable = {
  'certificate.kept': kept,
  'certificate.issue': issue,
  'certificate.keep': keep,
}
