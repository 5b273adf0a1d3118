import { usage } from '../errors.ts'
import { aistoreAbout } from './aistore/about.ts'
import { aistoreOperatorAbout } from './aistore-operator/about.ts'
import { azuremlAbout } from './azureml/about.ts'
import { felderaAbout } from './feldera/about.ts'
import { skyserveAbout } from './skyserve/about.ts'
import type { Target, TargetAbout } from './target.ts'

/** A target of the product: what is asked of it, and the rest of it once it is chosen. */
export interface ListedTarget extends TargetAbout {
  load(): Promise<Target>
}

/** Every target of the product. A new one is a folder and a line here. */
export const targets: readonly ListedTarget[] = [
  { ...skyserveAbout, load: async () => (await import('./skyserve/index.ts')).skyserve as Target },
  { ...azuremlAbout, load: async () => (await import('./azureml/index.ts')).azureml as Target },
  { ...felderaAbout, load: async () => (await import('./feldera/index.ts')).feldera as Target },
  { ...aistoreAbout, load: async () => (await import('./aistore/index.ts')).aistore as Target },
  {
    ...aistoreOperatorAbout,
    load: async () => (await import('./aistore-operator/index.ts')).aistoreOperator as Target,
  },
]

/**
 * The target of a `--target KIND`.
 *
 * @throws Problem with exit 2 for one that is not there
 */
export function namedTarget(kind: string): ListedTarget {
  const listed = targets.find(each => each.kind === kind)
  if (listed) return listed
  const kinds = targets.map(each => each.kind).join(', ')
  throw usage(`--target: ${kind} is no target.`, `Name one of ${kinds}.`)
}

/** What is known of a target that validated answers name. */
export function aboutTarget(kind: string): ListedTarget {
  const listed = targets.find(each => each.kind === kind)
  if (!listed) throw new TypeError(`a validated target that is not there: ${kind}`)
  return listed
}
