import { readFile } from 'node:fs/promises'
import { exitCodes } from '../../exit-codes.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { generationFolder, listGenerations, readGeneration } from '../../record/generation.ts'
import { fingerprintIn } from './fingerprint.ts'
import { certificatesOnHosts, type FoundOnHost } from './hosts/found-on-hosts.ts'
import type { Hosts } from './hosts/on-host.ts'
import { nodePath } from './node-path.ts'
import { ownLeaves } from './own-leaves.ts'
import { aistoreProblem } from './problems.ts'

/** Refuses to write over a file that is of nobody's known pair: `{certFile, place, ssh, adopt}`. */
export const foreignOp: Op = {
  changes: false,
  async run({ certFile, place, ssh, adopt }, ctx): Promise<Json> {
    const found = await foundAt(String(certFile), { place, ssh }, ctx)
    if (found.length === 0 || adopt === true)
      return { seen: found.length === 0 ? 'free' : 'is adopted' }
    const { paths } = ctx.record
    const known = await Promise.all(
      (await listGenerations(paths)).map(async each => [
        (await readGeneration(paths, each))?.leaf?.fingerprint,
        ...Object.values(await ownLeaves(generationFolder(paths, each))),
      ]),
    )
    const isKnown = isIn(known.flat().filter(each => each !== undefined))
    const strange = found.filter(({ text }) => !isKnown(fingerprintIn(text) ?? ''))
    const [first] = strange
    if (!first) return { seen: 'ours' }
    throw aistoreProblem('aistore.foreign-file', exitCodes.data, {
      subject: strange.map(({ where }) => where).join(', '),
      evidence: first.closed ? 'it cannot be read' : heldIn(first.text),
      fix: 'Move it away, name another path in target.certFile, or put target.onConflict: adopt into the answers.',
    })
  },
  printed: ({ certFile }, show) => [
    `openssl x509 -noout -fingerprint -sha256 -in ${show(certFile)}`,
  ],
  shell: () => [`jq -n '{seen: ""}' | answer_json`],
}

/**
 * Refuses a pair whose root the nodes do not know: `{roots, known, caFile, place, ssh}`. They read their
 * roots at their start alone, and talk to each other with this very pair.
 */
export const rootsOp: Op = {
  changes: false,
  async run({ roots, known, caFile, place, ssh }, ctx): Promise<Json> {
    const read = (path: Json | undefined) => readFile(String(path), 'utf8').catch(() => '')
    const wanted = fingerprintsIn(await read(roots))
    const there = await foundAt(String(caFile), { place, ssh }, ctx)
    const texts = there.length === 0 ? [await read(known)] : there.map(({ text }) => text)
    // on several hosts what all of them trust
    const trusted = texts.map(fingerprintsIn).reduce((all, own) => all.filter(isIn(own)))
    if (wanted.every(each => trusted.includes(each))) return { seen: 'the nodes trust its root' }
    throw aistoreProblem('aistore.other-root', exitCodes.data, {
      subject: String(caFile),
      evidence: `its root is ${wanted.map(each => each.slice(0, 11)).join(', ')}; the nodes trust ${trusted.map(each => each.slice(0, 11)).join(', ') || 'public roots'}`,
      fix: 'Rotate with a certificate of the same authority; for another one, disable HTTPS and enable it again.',
    })
  },
  printed: ({ caFile }) => [`openssl verify -CAfile ${caFile} chain.pem`],
  shell: ({ roots, caFile, place }, sh) => [
    `ais_roots ${[roots, caFile, place].map(sh.word).join(' ')}`,
  ],
}

const isIn = (list: readonly string[]) => (each: string) => list.includes(each)

interface Found {
  where: string
  text: string
  closed: boolean
}

/** What lies at a path of the nodes, wherever that can be seen from here. */
async function foundAt(
  path: string,
  { place, ssh }: { place: Json | undefined; ssh: Json | undefined },
  ctx: Performing,
): Promise<Found[]> {
  if (place === 'ssh') {
    const found = await certificatesOnHosts(ssh as unknown as Hosts, path, ctx)
    return found.filter(({ state }) => state !== 'none').map(each => onHost(each, path))
  }
  if (place !== 'here') return []
  const where = nodePath(path, ctx)
  const text = await readFile(where, 'utf8').catch(() => '')
  return text === '' ? [] : [{ where, text, closed: false }]
}

function onHost({ host, state, pem }: FoundOnHost, path: string): Found {
  return { where: `${host.to}:${path}`, text: pem, closed: state === 'closed' }
}

function heldIn(text: string): string {
  const leaf = fingerprintIn(text)
  return leaf === undefined ? 'it holds no certificate' : `it holds ${leaf.slice(0, 11)}`
}

function fingerprintsIn(text: string): string[] {
  return pemCertificates(text).flatMap(pem => fingerprintIn(pem) ?? [])
}
