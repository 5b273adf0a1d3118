import type { FindingTable } from '../findings.ts'
import { chainFindings } from './finding-tables/chain.ts'
import { filesFindings } from './finding-tables/files.ts'
import { formFindings } from './finding-tables/form.ts'
import { leafFindings } from './finding-tables/leaf.ts'
import { notesFindings } from './finding-tables/notes.ts'

/**
 * Everything that the gate can find out, causes before what follows from them: findings of one
 * severity are shown in this order. What is repaired is a note; the repair says what was done.
 */
export const certificateFindings = {
  ...filesFindings,
  ...leafFindings,
  ...chainFindings,
  ...formFindings,
  ...notesFindings,
} as const satisfies FindingTable

export type CertificateFindingId = keyof typeof certificateFindings
