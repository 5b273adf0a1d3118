import { X509Certificate } from 'node:crypto'
import { withForwards } from '../../kubernetes/forward.ts'
import { recentRelease } from '../../kubernetes/helm/release.ts'
import { recentNamespace } from '../../kubernetes/namespace.ts'
import { placeOf, shellPlace } from '../../kubernetes/place.ts'
import { podsServing } from '../../kubernetes/pods-proof.ts'
import { handshake } from '../../net/handshake.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { inside, pipelines, secretValue, servedBy } from './components.ts'

/**
 * Looks whether release, components and pipelines are as wanted: `{place, release, secret, leaf}`; on
 * plain HTTP secret and leaf are ''. Each pod is asked by one handshake: a Secret changed by hand, a
 * half-done rollout and a replica with an old leaf all show.
 */
export const stateOp: Op = {
  changes: false,
  async run({ place: at, release: name, secret, leaf }, ctx): Promise<Json> {
    const place = placeOf(at)
    const release = await recentRelease(place, String(name), ctx, [secretValue])
    const rendered = release.values[secretValue] ?? ''
    const released = release.status === 'deployed' && rendered === secret
    const base = { status: release.status, secret: rendered, released }
    if (!released) {
      const seen = `${release.status}, ${rendered === '' ? 'HTTP' : rendered}`
      return answer({ ...base, components: false, pipelines: false, stale: [], seen })
    }
    const namespace = await recentNamespace(place, ctx)
    const of = async (served: Parameters<typeof podsServing>[0]) => {
      const pods = podsServing(served, namespace)
      const running = pods.filter(({ runs }) => runs)
      const seen = await leaves(place, running, ctx)
      const good = running.filter((_, index) => seen[index] === leaf)
      return pods.filter(each => !good.includes(each)).map(({ pod }) => pod)
    }
    const [components, others] = await Promise.all([of([...servedBy]), of([pipelines])])
    const stale = [...components, ...others]
    return answer({
      ...base,
      components: components.length === 0,
      pipelines: others.length === 0,
      stale,
      seen:
        stale.length > 0
          ? `${stale.join(', ')} ${leaf === '' ? 'still on TLS' : 'with another leaf, or not running'}`
          : `${rendered === '' ? 'HTTP' : rendered}, as wanted`,
    })
  },
  printed: ({ release }, show) => [`helm status ${show(release)}; a handshake with each pod`],
  shell: ({ place, release, secret, leaf }, sh) => [
    `feldera_state ${shellPlace(place, sh)} ${[release, secret, leaf].map(sh.word).join(' ')}`,
  ],
}

interface State {
  status: string
  /** The Secret that the release renders; '' on plain HTTP. */
  secret: string
  /** Whether the release is deployed as wanted. */
  released: boolean
  /** Whether all components serve what is wanted, and all pipelines. */
  components: boolean
  pipelines: boolean
  /** The pods that do not. */
  stale: string[]
  seen: string
}

function answer(state: State): Json {
  return { ...state, current: state.released && state.components && state.pipelines }
}

/** The leaf that each pod serves; '' where it speaks no TLS, nothing where that is not known. */
async function leaves(
  place: ReturnType<typeof placeOf>,
  pods: readonly { pod: string; port: number }[],
  ctx: Performing,
): Promise<(string | undefined)[]> {
  const name = inside(place.namespace)
  return withForwards(place, pods, ctx, ports =>
    Promise.all(
      ports.map(async port => {
        const at = { host: '127.0.0.1', port, name, roots: [], timeoutMs: 10_000 }
        const { chain, outcome } = await handshake({ ...at, signal: ctx.signal })
        if (outcome === 'no-connection' || outcome === 'timeout') return undefined
        return chain[0] ? new X509Certificate(chain[0]).fingerprint256 : ''
      }),
    ),
  )
}
