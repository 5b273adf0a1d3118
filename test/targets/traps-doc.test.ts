import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How many traps each target has: its list is numbered without a gap. */
const counts = { SKY: 17, AML: 17, FEL: 14, AIS: 15 }

interface Row {
  id: string
  /** The title of the test, or why there can be none. */
  test: string
}

const rows: Row[] = readFileSync(join(root, 'docs/traps.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| [A-Z0-9]+-\d+ \|/.test(line))
  .map(line => line.split('|').map(cell => cell.trim()))
  .map(cells => ({ id: cells[1] ?? '', test: cells[4] ?? '' }))

/** The titles of all tests that begin with the id of a trap. */
function titles(): string[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  return files
    .filter(name => name.endsWith('.test.ts'))
    .flatMap(name => {
      const source = readFileSync(join(root, 'test', name), 'utf8')
      return [...source.matchAll(/\bit\(\s*(['"`])([A-Z0-9]+-\d+ .*?)\1/g)]
    })
    .map(match => match[2] ?? '')
}

describe('docs/traps.md', () => {
  it('has a row for every trap', () => {
    const wanted = Object.entries(counts).flatMap(([prefix, count]) =>
      Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`),
    )
    expect(rows.map(({ id }) => id)).toEqual(wanted)
  })

  it('names the test of each trap, and every such test has its row', () => {
    const named = rows.map(({ test }) => test).filter(test => !test.startsWith('none: '))
    expect(named.toSorted()).toEqual(titles().toSorted())
    for (const { id, test } of rows) expect(test).toMatch(new RegExp(`^(${id}|none:) `))
  })
})
