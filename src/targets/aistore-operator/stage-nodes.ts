import { createPrivateKey, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StageCluster } from '../../kubernetes/stage.ts'
import { pemCertificates } from '../../net/roots.ts'
import type { Json } from '../../plan/plan.ts'
import type { StageKit } from '../target.ts'

/** PEM texts, as a node reads them. */
export interface StageFiles {
  chain: string
  key: string
  roots: string
}

interface StageNode {
  name: string
  port: number
  /** What it serves, and trusts the others by; undefined on HTTP. */
  tls?: StageFiles
  /** What it found wrong at its last load. */
  error?: string
}

/** The nodes of a cluster, a stateful set each. */
export interface StageNodes {
  /**
   * Starts all again, one after the other, by a template: each reads its files then. One that refuses
   * another, or that another refuses, does not become ready, and those after it stay as they are.
   */
  restart(files: StageFiles | undefined, template: Json): Promise<void>
  /** Has all serve another pair; what they trust stays. The answer is what the first bad one says. */
  load(files: StageFiles): Promise<string | undefined>
  at(port: number): StageNode | undefined
}

/** Nodes of AIStore as far as facts/aistore.md §2.4 tells: trust is read at the start, pairs are loaded. */
export function createStageNodes(
  names: readonly string[],
  { kit, cluster }: { kit: StageKit; cluster: StageCluster },
): StageNodes {
  const nodes = new Map<string, StageNode>()

  const write = async (name: string, text: string) => {
    const path = join(kit.world.stateFolder, `stage-${name}`)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  const serve = async ({ tls }: Pick<StageNode, 'tls'>, ready: boolean, port?: number) => {
    const more = { readyAt: ready ? 0 : Number.POSITIVE_INFINITY, ...(port ? { port } : {}) }
    if (!tls) return kit.serveHttp(more)
    const [chain, key] = [await write('tls.crt', tls.chain), await write('tls.key', tls.key)]
    return kit.serveTls({ chain, key, plain: 'bad-request', ...more })
  }
  /** Whether it is one of the cluster: those of the other scheme are met by the operator itself. */
  const isPeer = ({ name, tls }: Pick<StageNode, 'name' | 'tls'>) =>
    [...nodes.values()].every(
      other => other.name === name || !tls || !other.tls || areFriends(tls, other.tls),
    )
  const start = async (
    name: string,
    files: StageFiles | undefined,
    template: Json,
  ): Promise<boolean> => {
    const before = nodes.get(name)
    const tls = files ? { tls: files } : {}
    const ready = isPeer({ name, ...tls }) && (!files || wrongIn(files) === undefined)
    const shown = files && wrongIn(files) !== undefined ? {} : tls
    const port = await serve(shown, ready)
    nodes.set(name, { name, port, ...shown })
    cluster.run('StatefulSet', name, port)
    const set = cluster.get('StatefulSet', name)
    const status = { ...set?.status, ...(ready ? {} : { readyReplicas: 0 }) }
    if (set) cluster.put({ ...set, spec: { ...set.spec, template }, status })
    if (before) await kit.stop(before.port)
    return ready
  }

  return {
    async restart(files, template) {
      for (const name of names) if (!(await start(name, files, template))) return
    },
    async load(files) {
      const error = wrongIn(files)
      for (const [name, node] of nodes) {
        const { error: _, ...rest } = node
        const tls = node.tls && !error ? { ...files, roots: node.tls.roots } : node.tls
        nodes.set(name, { ...rest, ...(tls ? { tls } : {}), ...(error ? { error } : {}) })
        if (error) return error
      }
      for (const node of nodes.values()) {
        await kit.stop(node.port)
        await serve(node, isPeer(node), node.port)
      }
      return undefined
    },
    at: port => [...nodes.values()].find(node => node.port === port),
  }
}

/** Why a node takes no such pair. */
function wrongIn({ chain, key }: StageFiles): string | undefined {
  try {
    const leaf = new X509Certificate(chain)
    return leaf.checkPrivateKey(createPrivateKey(key))
      ? undefined
      : 'tls: private key does not match public key'
  } catch {
    return 'tls: failed to find any PEM data in certificate input'
  }
}

function areFriends(one: StageFiles, other: StageFiles): boolean {
  return trusts(one, other) && trusts(other, one)
}

/** Whether one of these roots has signed a chain, or is in it. */
export function trusts(
  { roots }: Pick<StageFiles, 'roots'>,
  { chain }: Pick<StageFiles, 'chain'>,
): boolean {
  const known = pemCertificates(roots).map(pem => new X509Certificate(pem))
  return pemCertificates(chain)
    .map(pem => new X509Certificate(pem))
    .some(each =>
      known.some(
        root =>
          root.raw.equals(each.raw) || (each.checkIssued(root) && each.verify(root.publicKey)),
      ),
    )
}
