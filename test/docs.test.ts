import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { answersDoc, exitCodesTable, findingsDoc } from '../scripts/docs-text.ts'
import { questionsFor } from '../src/answers/questions.ts'
import { targets } from '../src/targets/index.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

describe('what `npm run docs` writes', () => {
  it.each([
    ['docs/findings.md', findingsDoc],
    ['docs/answers.md', answersDoc],
  ])('is what is checked in as %s', (path, make) => {
    expect(read(path)).toBe(make())
  })

  it('stands in the README between its marks', () => {
    const between = read('README.md').split(/<!-- \/?exit codes -->\n/)
    expect(between).toHaveLength(3)
    expect(between[1]).toBe(`${exitCodesTable()}\n`)
  })
})

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`)]

describe.each(pages.filter(name => name.endsWith('.md')))('%s', page => {
  const text = read(page)
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to)
  const relative = links.filter(to => !/^[a-z]+:/.test(to))

  it('has no link that leads nowhere', () => {
    const lost = relative.filter(to => {
      const [path = '', anchor] = to.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(root, file))) return true
      return anchor !== undefined && !anchorsOf(read(file)).includes(anchor)
    })
    expect(lost).toEqual([])
  })
})

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('the table of findings', () => {
  const listed = new Set(
    [...findingsDoc().matchAll(/^\| `([a-z]+[a-z.-]*)`/gm)].map(([, id = '']) => id),
  )
  const groups = new Set([...listed].map(id => id.split('.')[0] ?? ''))
  const questions = new Set(questionsFor(targets).map(({ id }) => id))
  // a check of doctor that passes has an id, too, and so has a probe
  const others = new Set([...questions, 'record.folder', 'aistore.node-state'])
  const isListed = (id: string) => listed.has(id) || listed.has(id.replace(/^tool\.\w+\./, 'tool.'))

  it('has every id that the source gives to a finding', () => {
    const lost = sources(join(root, 'src')).flatMap(path => {
      const text = readFileSync(path, 'utf8')
      const given = [
        ...text.matchAll(/\bid: '([a-z]+\.[a-z.-]+)'/g),
        ...text.matchAll(/\b(?:finding|make|add|at)\(\s*(?:\w+,\s*)?'([a-z]+\.[a-z.-]+)'/g),
      ]
      return given
        .map(([, id = '']) => id)
        .filter(id => groups.has(id.split('.')[0] ?? '') && !others.has(id) && !isListed(id))
    })
    expect(lost).toEqual([])
    expect(listed.size).toBeGreaterThan(60)
  })
})

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name))
    .map(name => join(folder, name))
}
