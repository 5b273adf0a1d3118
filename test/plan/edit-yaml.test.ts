import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { editYaml } from '../../src/plan/edit-yaml.ts'
import { createScratch } from '../support/scratch.ts'

const world = { env: {}, home: '/nowhere' }
const values = {
  keyfile: '/state/generations/1/key.pem',
  certfile: '/state/generations/1/chain.pem',
}

function withTls(source: string, pair: Record<string, string> = values): Promise<string> {
  const set = [{ at: ['service', 'tls'], template: 'skyserve/tls.yaml', values: pair }]
  return editYaml(source, { set, remove: [], name: 'service.yaml' }, world)
}

function withoutTls(source: string): Promise<string> {
  return editYaml(source, { set: [], remove: [['service', 'tls']], name: 'service.yaml' }, world)
}

/** A few lines that stand for 10^9 values. */
const laughs = `${Array.from({ length: 10 }, (_, n) => `a${n}: &a${n} [${`*a${n - 1}, `.repeat(n === 0 ? 0 : 10)}x]`).join('\n')}\nservice: {a: *a9}\n`

/** Our lines alone, to be taken out of a result again. */
const block = `  tls:
    keyfile: "/state/generations/1/key.pem"
    certfile: "/state/generations/1/chain.pem"
`

const source = `# my service

service:   # the part that SkyServe reads
  # how it is asked
  readiness_probe: /   # root
  replicas: 1


resources: {ports: 8080, cpus: 1+}   # flow style beside it
envs:
  MODEL: "a: b"     # quoted
  EMPTY:
run: |
  echo "tls:"
    python3 -m http.server 8080
`

describe('a copy with tls', () => {
  it('is the source to the letter but for its own lines', async () => {
    const text = await withTls(source)
    expect(text).toContain(block)
    expect(text.replace(block, '')).toBe(source)
    expect(parse(text).service.tls).toEqual(values)
  })

  it.each([
    ['with four spaces', 'service:\n    replicas: 1\n', /^ {4}tls:\n {6}keyfile: /m],
    ['without a line break at the end', 'service:\n  replicas: 1', /^ {2}tls:/m],
    ['whose service comes last', 'run: x\nservice:\n  replicas: 1\n', /^ {2}tls:/m],
    [
      'with a directive and a document start',
      '%YAML 1.2\n---\nservice:\n  replicas: 1\n',
      /^ {2}tls:/m,
    ],
    ['with a document end', 'service:\n  replicas: 1\n...\n', /^ {2}tls:/m],
    ['with keys in quotes', '"service":\n  "replicas": 1\n', /^ {2}tls:/m],
  ])('keeps a source %s', async (_name, text, expected) => {
    const edited = await withTls(text)
    expect(edited).toMatch(expected)
    const own = edited.split('\n').filter(line => /^\s+(tls|keyfile|certfile):/.test(line))
    expect(own).toHaveLength(3)
    expect(
      edited
        .split('\n')
        .filter(line => !own.includes(line))
        .join('\n'),
    ).toBe(text)
  })

  it('takes the place of a tls section that is there, with its comments', async () => {
    const old = source.replace(
      '  replicas: 1\n',
      '  tls:   # old pair\n    keyfile: ./old.key\n    # of 2025\n    certfile: ./old.pem\n  replicas: 1\n',
    )
    const text = await withTls(old)
    expect(parse(text).service).toEqual({ readiness_probe: '/', replicas: 1, tls: values })
    expect(text).not.toContain('old')
    expect(text.replace(block, '')).toBe(source)
  })

  it.each([
    ['nothing', 'service:\n  tls:\n  replicas: 1\n'],
    ['null', 'service:\n  tls: ~\n  replicas: 1\n'],
    ['an empty mapping', 'service:\n  tls: {}\n  replicas: 1\n'],
    ['flow style', 'service:\n  tls: {keyfile: ./a, certfile: ./b}\n  replicas: 1\n'],
    ['half of it', 'service:\n  replicas: 1\n  tls:\n    keyfile: ./a\n'],
  ])('replaces a tls section that holds %s', async (_name, text) => {
    const edited = await withTls(text)
    expect(parse(edited)).toEqual({ service: { replicas: 1, tls: values } })
  })

  it.each([
    ['one line', 'service: {replicas: 1, readiness_probe: /}\n'],
    ['several', 'service: {\n  replicas: 1,  # why\n  readiness_probe: /\n}\n'],
    ['JSON', '{"service": {"replicas": 1, "readiness_probe": "/"}}\n'],
  ])('of a service in flow style on %s says the same', async (_name, text) => {
    expect(parse(await withTls(text))).toEqual({
      service: { replicas: 1, readiness_probe: '/', tls: values },
    })
  })

  it('keeps CRLF lines valid, and every value', async () => {
    const text = await withTls(source.replaceAll('\n', '\r\n'))
    expect(parse(text)).toEqual({
      ...parse(source),
      service: { ...parse(source).service, tls: values },
    })
  })

  it('keeps anchors and merge keys that lie elsewhere', async () => {
    const text =
      'base: &base\n  cpus: 1\nresources:\n  <<: *base\n  ports: 8080\nservice:\n  replicas: 1\n'
    const edited = await withTls(text)
    expect(edited.replace(block, '')).toBe(text)
  })

  it.each([
    'base: &base\n  replicas: 1\nservice: *base\n',
    'base: &base {replicas: 1}\nservice: *base\n',
  ])(
    'of a service that is an alias is refused: what else it names would change, too',
    async text => {
      await expect(withTls(text)).rejects.toMatchObject({
        exit: 65,
        findings: [{ id: 'answers.yaml-unusual', fix: expect.stringContaining('without anchors') }],
      })
    },
  )

  it.each([
    ['a list', '- a\n'],
    ['a text', 'hello\n'],
    ['nothing', ''],
    ['a comment', '# nothing\n'],
    ['tabs for indentation', 'service:\n\treplicas: 1\n'],
    ['two documents', 'service:\n  a: 1\n---\nservice:\n  b: 1\n'],
    ['a key twice', 'service:\n  a: 1\nservice:\n  b: 1\n'],
    ['an open bracket', 'service: {a: 1\n'],
    ['an alias inside what it names', 'service: &s\n  self: *s\n'],
    ['an alias of nothing', 'service: *nothing\n'],
    ['aliases without end', laughs],
  ])('of %s is refused before anything is written', async (_name, text) => {
    await expect(withTls(text)).rejects.toMatchObject({
      exit: 65,
      findings: [{ id: 'answers.no-mapping', subject: 'service.yaml' }],
    })
  })

  it.each([
    'a"b',
    "a'b",
    'a\nservice: {}',
    '$HOME',
    '{{ keyfile }}',
    '{% raw %}',
    '# no comment',
    '*alias',
    '&anchor',
    '!!binary x',
    'yes',
    '~',
    '0x10',
    '\u{1f916}',
    'x'.repeat(300),
    '\u2028',
  ])('holds the value %j as text and nothing else', async value => {
    const text = await withTls(source, { keyfile: value, certfile: value })
    const { service, ...rest } = parse(text)
    expect(service.tls).toEqual({ keyfile: value, certfile: value })
    expect(rest).toEqual({
      ...parse(source),
      service: undefined,
      ...without(parse(source), 'service'),
    })
  })

  it('holds any value, in any place, without a change to the rest', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(text, text, async (keyfile, certfile) => {
        const edited = await withTls(source, { keyfile, certfile })
        expect(parse(edited).service.tls).toEqual({ keyfile, certfile })
        expect(without(parse(edited), 'service')).toEqual(without(parse(source), 'service'))
      }),
      { numRuns: 60 },
    )
  })

  it('is made with the template that the user put in its place', async () => {
    const box = createScratch(onTestFinished)
    box.file(
      'secure-endpoint/templates/skyserve/tls.yaml',
      'keyfile: {{ keyfile }}\ncertfile: {{ certfile }}\nmode: own\n',
    )
    const set = [{ at: ['service', 'tls'], template: 'skyserve/tls.yaml', values }]
    const edit = { set, remove: [], name: 'service.yaml' }
    const own = { env: { XDG_CONFIG_HOME: box.folder }, home: '/nowhere' }
    expect(parse(await editYaml(source, edit, own)).service.tls).toEqual({ ...values, mode: 'own' })
    for (const wrong of ['{{ unknown }}', '{{ keyfile', 'a: [', 'just text', '']) {
      box.file('secure-endpoint/templates/skyserve/tls.yaml', wrong)
      await expect(editYaml(source, edit, own), wrong).rejects.toMatchObject({
        exit: 65,
        findings: [{ id: 'template.wrong' }],
      })
    }
  })
})

describe('a copy without tls', () => {
  it('is the source to the letter where it has none', async () => {
    expect(await withoutTls(source)).toBe(source)
    expect(await withoutTls('run: x\n')).toBe('run: x\n')
  })

  it('gives back what it was before tls went in', async () => {
    expect(await withoutTls(await withTls(source))).toBe(source)
  })

  it.each([
    ['first', 'service:\n  tls:\n    keyfile: a\n    certfile: b\n  replicas: 1\n'],
    ['last', 'service:\n  replicas: 1\n  tls:\n    keyfile: a\n    certfile: b\n'],
    [
      'last, at the end of the file',
      'service:\n  replicas: 1\n  tls:\n    keyfile: a\n    certfile: b',
    ],
    ['null', 'service:\n  replicas: 1\n  tls:\n'],
    ['in flow style', 'service: {replicas: 1, tls: {keyfile: a, certfile: b}}\n'],
  ])('loses a section that stands %s', async (_name, text) => {
    expect(parse(await withoutTls(text))).toEqual({ service: { replicas: 1 } })
  })

  it('keeps the comments that belong to what follows', async () => {
    const text =
      'service:\n  tls:\n    keyfile: a\n    certfile: b\n\n  # about replicas\n  replicas: 1\n'
    expect(await withoutTls(text)).toBe('service:\n\n  # about replicas\n  replicas: 1\n')
  })

  it('says what is left of a service that held nothing else', async () => {
    const edited = await withoutTls(
      'service:\n  tls:\n    keyfile: a\n    certfile: b\nrun: x\n',
    ).catch(e => e)
    expect(parse(edited)).toEqual({ service: {}, run: 'x' })
  })
})

describe('any service YAML', () => {
  const key = fc
    .stringMatching(/^[a-z][a-z0-9_]{0,8}$/)
    .filter(each => !['tls', 'service'].includes(each))
  const scalar = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
    fc.constantFrom('a: b', '# x', 'x\ny', '"', "'"),
  )
  const map = fc.dictionary(key, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), {
    maxKeys: 5,
  })

  it('differs from its copy in tls alone, and loses it again', async () => {
    await fc.assert(
      fc.asyncProperty(map, map, fc.boolean(), async (service, rest, flow) => {
        const { stringify } = await import('yaml')
        const whole = { ...rest, service: { replicas: 1, ...service } }
        const text = flow ? JSON.stringify(whole) : stringify(whole)
        const edited = await withTls(text)
        expect(parse(edited)).toEqual({
          ...parse(text),
          service: { ...parse(text).service, tls: values },
        })
        expect(parse(await withoutTls(edited))).toEqual(parse(text))
      }),
      { numRuns: 100 },
    )
  })
})

function without(value: Record<string, unknown>, name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name))
}
