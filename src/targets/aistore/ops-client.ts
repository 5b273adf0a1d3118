import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { passphraseIn } from '../../answers/secret.ts'
import { chooseAuthority } from '../../certificates/choose-authority.ts'
import { issueLeaf } from '../../certificates/issue.ts'
import { noteIssued } from '../../certificates/issued.ts'
import { keyPem } from '../../certificates/private-key.ts'
import type { KeyType } from '../../certificates/profile.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import { pemCertificates, systemRoots } from '../../net/roots.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { readGeneration } from '../../record/generation.ts'
import { makeFolder, writeFileAtomic } from '../../record/write.ts'
import { type ClientAuth, levelRules } from './client-auth.ts'
import { type ClientPair, clientWrong, isOld } from './client-pair.ts'
import { aistoreFindings } from './findings.ts'
import { aistoreProblem } from './problems.ts'

/** Where our own pair lies, what it is held against, and how one is made where none is named. */
interface Input {
  chain: string
  key: string
  /** PEM file of the roots that the nodes verify clients by. */
  roots: string
  level: ClientAuth
  /** The user's own: never made nor written. */
  named: boolean
  name: string
  keyType: KeyType
  days: number
  /** Whether the local CA signs it; else it signs itself, which is good for level 2 alone. */
  local: boolean
}

/** Whether a pair lies there that the cluster will take: `{chain, key, roots, level, ...}`. */
export const clientKeptOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const wanted = input as unknown as Input
    if (wanted.named) return { kept: false, seen: 'named by the answers' }
    const pair = await readPair(wanted, ctx)
    const wrong = clientWrong(pair, await againstOf(wanted, ctx))
    const old = isOld(pair.chain, ctx.world.clock.now())
    return {
      kept: !wrong && !old,
      seen: wrong ?? (old ? 'two thirds of its life are over' : 'in place'),
    }
  },
  printed: () => [],
  shell: (input, sh) => [`ais_client_kept ${wordsOf(input, sh)}`],
}

/**
 * Makes our own certificate for a cluster that asks clients for one, or holds the named one against
 * what the cluster will ask: before anything is set, so that nobody is locked out by it.
 */
export const clientPairOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const wanted = input as unknown as Input
    if (!wanted.named) await makePair(wanted, ctx)
    const wrong = clientWrong(await readPair(wanted, ctx), await againstOf(wanted, ctx))
    if (wrong !== undefined)
      throw aistoreProblem('aistore.client-refused', exitCodes.data, {
        subject: wanted.chain,
        evidence: wrong,
        fix: 'Name another pair in target.clientChain and target.clientKey; see what it is: openssl x509 -noout -text -in FILE',
      })
    if (levelRules(wanted.level).demands)
      ctx.finding(
        finding(aistoreFindings, 'aistore.clients-need-pair', {
          subject: `client_auth_tls ${wanted.level}`,
          evidence: 'from the restart on',
          fix: `Configure each client first: export AIS_CRT=${wanted.chain} AIS_CRT_KEY=${wanted.key}, or ais config cli set cluster.client_crt=${wanted.chain} cluster.client_crt_key=${wanted.key}`,
        }),
      )
    return { kept: true, seen: wanted.named ? 'the cluster will take it' : 'made' }
  },
  printed: ({ named, local, days, chain }, show) => [
    named
      ? `openssl verify -purpose sslclient -CAfile roots.pem ${show(chain)}`
      : `makes a key and a certificate for clients for ${show(days)} days${local ? ', signed by the local CA' : ''}`,
  ],
  shell: (input, sh) => [`ais_client_pair ${wordsOf(input, sh)}`],
}

async function makePair(
  { chain, key, name, keyType, days, local }: Input,
  ctx: Performing,
): Promise<void> {
  const { world, record } = ctx
  const around = { now: world.clock.now(), random: world.random }
  const { authority: prefer } = (await readGeneration(record.paths, record.generation)) ?? {}
  const chosen = local
    ? await chooseAuthority({
        stateFolder: world.stateFolder,
        names: [name],
        keyType,
        days,
        ...(prefer === undefined ? {} : { prefer }),
        ...passphraseIn(ctx.secrets),
        ...around,
      })
    : undefined
  const leaf = await issueLeaf({
    names: [name],
    keyType,
    days,
    extendedKeyUsage: ['clientAuth'],
    ...(chosen ? { authority: chosen.authority } : {}),
    ...around,
  })
  if (chosen) {
    const whom = `clients of endpoint ${basename(record.paths.folder)}`
    await noteIssued(world.stateFolder, chosen.authority.name, leaf.certificate, {
      now: around.now,
      whom,
    })
  }
  await makeFolder(dirname(chain))
  await writeFileAtomic(key, keyPem(leaf.key))
  await writeFileAtomic(chain, leaf.certificate.pem)
}

/** Nodes verify by their file and by the roots of their system. */
async function againstOf({ roots, level }: Input, { world }: Performing) {
  const now = world.clock.now()
  if (!levelRules(level).verifies) return { now }
  const own = pemCertificates(await readFile(roots, 'utf8').catch(() => ''))
  return { now, roots: [...own, ...systemRoots(world.env)] }
}

async function readPair(
  { chain, key }: Input,
  { userFolder }: Pick<Performing, 'userFolder'>,
): Promise<ClientPair> {
  const read = (path: string) => readFile(resolve(userFolder, path), 'utf8').catch(() => '')
  const [chainText, keyText] = await Promise.all([read(chain), read(key)])
  return { chain: chainText, key: keyText }
}

/** A script has a folder of its own for what it makes. */
function wordsOf(input: Record<string, unknown>, sh: Parameters<Op['shell']>[1]): string {
  const { chain, key, roots, level, named, name, days } = input
  const own = named === true ? [chain, key] : ['', '']
  return [...own, roots, String(level), name, String(days)].map(sh.word).join(' ')
}
