import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import { answersText } from '../../src/answers/save.ts'
import { answersSchema } from '../../src/answers/schema.ts'
import { Problem } from '../../src/errors.ts'
import { targets } from '../../src/targets/index.ts'

const questions = questionsFor(targets)
const where = { name: 'a.yaml', folder: '/work' }
const good = `version: 1
endpoint: fraud-model
domain: fraud.ml.example.com
certificate:
  source: self-signed
target:
  kind: skyserve
  service: fraud-model
  yaml: ./service.yaml
`

function mistakes(text: string): { at: string; title: string; fix: string; line: string }[] {
  try {
    loadAnswers(text, questions, where)
    return []
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    expect(error.exit).toBe(65)
    return error.findings.map(({ subject, title, fix, evidence }) => ({
      at: subject.replace('a.yaml', ''),
      title,
      fix,
      line: evidence,
    }))
  }
}

describe('answers from a file', () => {
  it('fills in what is left out and says where each value came from', () => {
    const { answers, from } = loadAnswers(good, questions, where)
    expect(answers).toEqual({
      version: 1,
      endpoint: 'fraud-model',
      domain: 'fraud.ml.example.com',
      certificate: {
        source: 'self-signed',
        authority: 'local',
        keyType: 'ecdsa-p256',
        days: 90,
        names: [],
      },
      target: {
        kind: 'skyserve',
        service: 'fraud-model',
        yaml: './service.yaml',
        switch: 'in-place',
        folder: '.',
        server: 'http://127.0.0.1:46580',
        onConflict: 'ask',
      },
      dns: { how: 'shown', wait: '10m' },
      proof: { path: '/', expect: [200, 503], wait: '5m' },
    })
    expect(from).toMatchObject({ domain: 'answer', 'certificate.days': 'default' })
  })

  it('takes JSON, and reads back what it saves', () => {
    const first = loadAnswers(good, questions, where)
    const json = JSON.stringify(parse(good))
    expect(loadAnswers(json, questions, where).answers).toEqual(first.answers)
    expect(loadAnswers(answersText(first.answers), questions, where).answers).toEqual(first.answers)
  })

  it('names line, column, the key that was meant and the fix', () => {
    const text = good.replace('domain:', 'domian:')
    expect(mistakes(text)).toEqual([
      { at: ':3:1', title: 'domian is no key here.', fix: 'Did you mean domain?', line: '' },
      {
        at: ':1:1',
        title: 'domain is missing.',
        fix: expect.stringContaining('Put domain into the answers'),
        line: '',
      },
    ])
  })

  it('tells ten mistakes at once, in the order of the file', () => {
    const text = `version: 2
endpoint: Fraud_Model
domain: https://fraud.example.com/x
certificate:
  source: self-signed
  keyType: rsa-1024
  days: 0
  names: [bad_name]
target:
  kind: skyserv
  service: "9bad"
dns:
  wait: 10 minutes
proof:
  path: healthz
  expect: [200, 999]
`
    const found = mistakes(text)
    expect(found.map(({ at }) => at)).toEqual([
      ':1:10',
      ':2:11',
      ':3:9',
      ':6:12',
      ':7:9',
      ':8:10',
      ':10:9',
      ':11:12',
      ':13:9',
      ':15:9',
      ':16:11',
    ])
    expect(found[6]).toMatchObject({ fix: 'Did you mean skyserve?' })
  })

  it('never shows a secret that stands in the file', () => {
    const text = good.replace(
      'source: self-signed',
      'source: uploaded\n  chain: ./c.pem\n  passphrase: hunter2-hunter2',
    )
    const [only] = mistakes(text)
    expect(only).toEqual({
      at: ':7:15',
      title: 'certificate.passphrase must not stand in the file.',
      fix: 'Write {file: ./pass} or {fd: 3}.',
      line: '  passphrase: (not shown)',
    })
  })

  it.each([
    ['another answer', 'chain: 5, passphrase: hunter2-hunter2'],
    ['it under a misspelt key', 'chain: 5, passphase: hunter2-hunter2'],
    ['it in front', 'passphrase: hunter2-hunter2, chain: 5'],
    ['the end of it', 'passphrase: "a\n hunter2-hunter2", chain: 5'],
  ])('nor where %s on its line is wrong', (_name, rest) => {
    const text = good.replace(/certificate:\n.*/, `certificate: {source: uploaded, ${rest}}`)
    const found = mistakes(text)
    expect(found.map(({ title }) => title)).toContain('certificate.chain: This is no text.')
    expect(JSON.stringify(found)).not.toContain('hunter2')
  })

  it.each(['|hunter2', '>hunter2', '*hunter2', '"\\hunter2"', '!<hunter2'])(
    'nor where the parser stops at it: %s',
    secret => {
      const text = good.replace('self-signed', `uploaded\n  chain: c\n  passphrase: ${secret}`)
      const found = mistakes(text)
      expect(found[0]?.title).toMatch(/^This is no valid YAML: |^An alias here/)
      expect(JSON.stringify(found)).not.toMatch(/unter2/)
    },
  )

  it('nor the login of a URL', () => {
    const text = good.replace('yaml:', 'server: http://bob:hunter2-hunter2@h.test\n  yaml:')
    const [only] = mistakes(text)
    expect(only).toMatchObject({
      line: '  server: http://h.test',
      fix: expect.stringContaining('sky api login'),
    })
  })

  it('refuses aliases that would grow without end', () => {
    const nine = (name: string) => `[${Array(9).fill(name).join(',')}]`
    const bomb = `a: &a ${nine('x')}\nb: &b ${nine('*a')}\nc: &c ${nine('*b')}\nd: &d ${nine('*c')}\n`
    const text = good.replace('domain: fraud', `${bomb}domain: [*d,*d,*d,*d,*d] # `)
    expect(mistakes(text).map(({ title }) => title)).toContain('An alias here cannot be followed.')
  })

  it('puts what is missing where its group is', () => {
    expect(mistakes(good.replace(/ {2}service.*\n/, ''))).toMatchObject([
      { at: ':6:1', title: 'target.service is missing.' },
    ])
  })

  it('refuses keys that do not go with the other answers', () => {
    const text = good.replace('source: self-signed', 'source: self-signed\n  chain: ./c.pem')
    expect(mistakes(text)[0]).toMatchObject({
      at: ':6:3',
      title: 'certificate.chain does not go with the other answers.',
    })
  })

  it.each([
    ['bad YAML', 'version: 1\n  domain: [', 'This is no valid YAML'],
    ['a list', '- a\n- b', 'These are no answers.'],
    ['nothing', '# only a comment\n', 'These are no answers.'],
    ['two documents', `${good}---\n${good}`, 'This is no valid YAML'],
    ['a key twice', `${good}domain: b.example.com\n`, 'This is no valid YAML'],
    [
      'a group that is a text',
      good.replace(/certificate:\n {2}source: self-signed/, 'certificate: self-signed'),
      'certificate is a group of keys.',
    ],
    [
      'a target of a later version',
      good.replace('kind: skyserve', 'kind: azureml-v1'),
      'target.kind: This version does not drive it yet.',
    ],
    [
      'a source that cannot work',
      good.replace('self-signed', 'managed\n  via: acme\n  issuer: x'),
      'This version does not order certificates.',
    ],
  ])('refuses %s', (_name, text, title) => {
    expect(mistakes(text)[0]?.title).toContain(title)
  })

  it('leaves hostile text harmless in its messages', () => {
    const text = good.replace('domain:', '"\\e[31mdo\\u202emain\\n":')
    expect(mistakes(text)[0]?.title).toBe('domain is no key here.')
  })
})

describe('the JSON Schema', () => {
  const validate = new Ajv2020({ strict: false }).compile(answersSchema(questions))

  it('takes every example, and what the loader takes', () => {
    const folder = new URL('../../examples/', import.meta.url)
    const files = readdirSync(folder).filter(
      name => name.endsWith('.yaml') && !name.includes('service'),
    )
    expect(files.length).toBeGreaterThan(0)
    for (const name of files) {
      expect(validate(parse(readFileSync(new URL(name, folder), 'utf8'))), name).toBe(true)
    }
    expect(validate(parse(good))).toBe(true)
  })

  it.each([
    ['an unknown key', `${good}domian: x\n`],
    ['a missing domain', good.replace(/domain.*\n/, '')],
    ['an uploaded certificate without its file', good.replace('self-signed', 'uploaded')],
    ['a skyserve target without its service', good.replace(/ {2}service.*\n/, '')],
    ['a passphrase', good.replace('self-signed', 'uploaded\n  chain: a\n  passphrase: x')],
    ['another version', good.replace('version: 1', 'version: 2')],
  ])('refuses %s, as the loader does', (_name, text) => {
    expect(validate(parse(text))).toBe(false)
    expect(mistakes(text).length).toBeGreaterThan(0)
  })
})
