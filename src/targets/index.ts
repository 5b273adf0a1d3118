import { aistore } from './aistore/index.ts'
import { aistoreOperator } from './aistore-operator/index.ts'
import { azureml } from './azureml/index.ts'
import { feldera } from './feldera/index.ts'
import { skyserve } from './skyserve/index.ts'
import type { Target } from './target.ts'

/** Every target of the product. A new one is a folder and a line here. */
export const targets: readonly Target[] = [
  skyserve as Target,
  azureml as Target,
  feldera as Target,
  aistore as Target,
  aistoreOperator as Target,
]
