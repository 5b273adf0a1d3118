import { caRules } from './ca.ts'
import { extensionRules } from './extensions.ts'
import { fieldRules } from './fields.ts'
import { keyIdRules } from './key-ids.ts'
import { keyRules } from './keys.ts'
import { leafRules } from './leaf.ts'
import type { Rule } from './rule.ts'

export const rules: readonly Rule[] = [
  ...fieldRules,
  ...extensionRules,
  ...keyIdRules,
  ...caRules,
  ...leafRules,
  ...keyRules,
]
