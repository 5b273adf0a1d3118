import type { Argv, Place } from '../place.ts'

/** `helm` with the cluster and the namespace on each call. */
export function helmArgv({ context, kubeconfig, namespace }: Place, ...words: string[]): Argv {
  return [
    'helm',
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    '--kube-context',
    context,
    '--namespace',
    namespace,
    ...words,
  ]
}
