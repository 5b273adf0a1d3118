import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import { decodeAnswers } from '../../src/answers/read-yaml.ts'
import { answersText } from '../../src/answers/save.ts'
import { Problem } from '../../src/errors.ts'
import { targets } from '../../src/targets/index.ts'

const questions = questionsFor(targets)
const where = { name: 'a.yaml', folder: '/work' }
const good = `version: 1
endpoint: fraud-model
domain: fraud.ml.example.com
certificate:
  source: self-signed
  names: [b.example.com]
target:
  kind: skyserve
  service: fraud-model
  yaml: ./service.yaml
dns: {how: shown, wait: 10m}
proof: {path: /, expect: [200, 503]}
`

/** Loads, and holds what comes of it against what may come: answers that read back, or findings. */
function load(text: string): void {
  let loaded: ReturnType<typeof loadAnswers>
  try {
    loaded = loadAnswers(text, questions, where)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    expect(error.exit).toBe(65)
    expect(error.findings.length).toBeGreaterThan(0)
    for (const { id, title, evidence, fix } of error.findings) {
      expect(title).not.toBe('')
      expect(fix).not.toBe('')
      const ours = id === 'answers.no-yaml' ? '' : title
      expect(ours + evidence + fix).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/)
    }
    return
  }
  expect(loadAnswers(answersText(loaded.answers), questions, where).answers).toEqual(loaded.answers)
}

describe('any text at all as answers', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.constantFrom(
      '\n',
      '  ',
      '\t',
      ': ',
      '- ',
      '#',
      '&a ',
      '<<: ',
      '|',
      '>',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '!!binary ',
      '!!set ',
      '---\n',
      '...\n',
      '%YAML 1.1\n',
      '? ',
      '~',
      '.nan',
      '\u0000',
    ),
  )

  it('gives answers or findings, never a stack trace', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), parts => load(parts.join(''))),
      { numRuns: 400 },
    )
  })

  it('the same of good answers with something put in or taken out', () => {
    const at = fc.integer({ min: 0, max: good.length })
    fc.assert(
      fc.property(at, fc.integer({ min: 0, max: 20 }), piece, (from, length, put) =>
        load(good.slice(0, from) + put + good.slice(from + length)),
      ),
      { numRuns: 600 },
    )
  })

  it('the same of any value for any key', () => {
    const ids = [...questions.map(({ id }) => id), 'version', '$schema', 'certificate', '__proto__']
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        '{file: ./x}',
        'x'.repeat(300),
        1e308,
        -1,
        0,
        '',
        ' ',
        'skyserve',
        'uploaded',
      ),
    )
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...ids), value, { maxKeys: 6 }), flat => {
        const whole: Record<string, unknown> = { version: 1 }
        for (const [id, each] of Object.entries(flat)) {
          const [group = '', key] = id.split('.')
          if (key === undefined) whole[group] = each
          else {
            const keys = whole[group]
            whole[group] = { ...(typeof keys === 'object' ? keys : {}), [key]: each }
          }
        }
        load(stringify(whole))
        load(JSON.stringify(whole))
      }),
      { numRuns: 400 },
    )
  })

  it('any bytes give a text or a reason', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        const read = decodeAnswers(Buffer.from(bytes))
        expect('text' in read || read.wrong !== '').toBe(true)
      }),
    )
  })
})
