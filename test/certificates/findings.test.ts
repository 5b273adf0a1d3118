import { expect, test } from 'vitest'
import { certificateFindings } from '../../src/certificates/findings.ts'
import { fileCases } from './findings/files.ts'
import { linkCases } from './findings/links.ts'
import type { Cases } from './findings/look.ts'
import { ruleCases } from './findings/rules.ts'

const cases: Cases = { ...fileCases, ...linkCases, ...ruleCases }

for (const [id, { hit, near }] of Object.entries(cases)) {
  test(`${id} is found, and only just not`, () => {
    expect(hit()).toContain(id)
    expect(near()).not.toContain(id)
  })
}

test('every id of the table is in these cases', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(certificateFindings).sort())
})
