import type { Wanted } from '../../target.ts'
import type { OperatorPresent } from '../discover.ts'

export type Operator = Wanted<OperatorPresent>
