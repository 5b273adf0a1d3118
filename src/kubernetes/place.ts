import type { Performing, ShellWriter } from '../plan/op.ts'
import type { Json } from '../plan/plan.ts'
import type { World } from '../world.ts'

/** A cluster, always named: never the context that kubectl would take by itself. */
export interface Cluster {
  context: string
  /** Path of a kubeconfig file; by default kubectl's own rule ($KUBECONFIG, ~/.kube/config). */
  kubeconfig?: string
}

/** A namespace of a cluster. Data: it stands in a plan's inputs. */
export interface Place extends Cluster {
  namespace: string
}

/** What calling kubectl or helm needs of a run. What says what it sees waits for an API server that is away. */
export type Calling = Pick<Performing, 'run' | 'signal' | 'userFolder'> &
  Partial<Pick<Performing, 'say' | 'rehearsal'>> & { world?: Pick<World, 'clock'> }

/** `kubectl` with the cluster and the namespace on each call. */
export function kubectlArgv(at: Cluster & { namespace?: string }, ...words: string[]): Argv {
  const { context, kubeconfig, namespace } = at
  return [
    'kubectl',
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    '--context',
    context,
    ...(namespace === undefined ? [] : ['--namespace', namespace]),
    ...words,
  ]
}

export type Argv = [string, ...string[]]

/** A place as an input of an op. */
export function placeInput({ context, kubeconfig, namespace }: Place): { [key: string]: string } {
  return { context, namespace, ...(kubeconfig === undefined ? {} : { kubeconfig }) }
}

/** The place in an op's input. */
export function placeOf(input: Json | undefined): Place {
  const { context, kubeconfig, namespace } = input as { [key: string]: Json }
  return {
    context: String(context),
    namespace: String(namespace),
    ...(typeof kubeconfig === 'string' ? { kubeconfig } : {}),
  }
}

/** The place for the first line of a plan: what is changed, and where. */
export function placeWords({ context, namespace }: Place): string {
  return `namespace ${namespace}, context ${context}`
}

/** A place as three words of bash: context, namespace, kubeconfig. */
export function shellPlace(place: unknown, sh: ShellWriter): string {
  const { context, namespace, kubeconfig = '' } = place as Record<string, unknown>
  return [context, namespace, kubeconfig].map(sh.word).join(' ')
}
