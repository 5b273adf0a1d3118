import type { Wanted } from '../../target.ts'
import type { AistorePresent } from '../present.ts'

export type Aistore = Wanted<AistorePresent>
