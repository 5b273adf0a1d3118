import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadAnswers } from '../../src/answers/load.ts'
import { questionsFor } from '../../src/answers/questions.ts'
import type { Plan, Step } from '../../src/plan/plan.ts'
import { type Answer, holds, type Predicate } from '../../src/plan/predicate.ts'
import { shellScript } from '../../src/plan/shell/script.ts'
import { holdsWord, jqOf, word } from '../../src/plan/shell/words.ts'
import { recordPaths } from '../../src/record/paths.ts'
import type { Planned } from '../../src/road/make-plan.ts'
import { targets } from '../../src/targets/index.ts'
import { skyserve } from '../../src/targets/skyserve/index.ts'
import type { Target, Wanted } from '../../src/targets/target.ts'
import { fakeWorld, step } from '../support/play.ts'
import { createScratch, isThere, type Scratch } from '../support/scratch.ts'

const hostile = [
  '$(touch owned)',
  '`touch owned`',
  "'; touch owned; '",
  '"; touch owned; "',
  '$HOME',
  'a\ntouch owned\n',
  '\\',
  '!!',
  '*',
  '~',
  '\u{1f916}',
  "it's",
  '@NEW@',
  'END_',
]

/** A script of some steps, and of the YAML that they are made from. */
async function scriptOf(steps: Step[], box: Scratch, more: Partial<Plan> = {}): Promise<string> {
  const text = `version: 1
endpoint: svc-a
domain: svc.test
certificate: {source: self-signed}
target: {kind: skyserve, service: svc-a, yaml: ./service.yaml}
`
  const answered = loadAnswers(text, questionsFor(targets), { name: 'a.yaml', folder: box.folder })
  const plan = {
    endpoint: 'svc-a',
    verb: 'enable',
    changes: 'nothing',
    digest: 'd'.repeat(64),
    ...more,
  }
  const planned = {
    plan: { ...plan, steps } as Plan,
    answered,
    target: skyserve as Target,
    paths: recordPaths(box.folder, 'svc-a'),
    generation: 1,
    identity: '',
    findings: [],
  } as Planned
  return shellScript(planned, fakeWorld({ home: box.folder, stateFolder: box.folder }))
}

/** Runs functions of a script by name, without its own calls at the end. */
function call(script: string, functions: string[], box: Scratch, env: Record<string, string> = {}) {
  const [head = ''] = script.split('\nbegin\n')
  const file = box.file(
    'script.sh',
    `${head}\nmkdir -p "$NEW" "$FOUND" "$RUN"\n${functions.join('\n')}\n`,
  )
  const options = { cwd: box.folder, env: { ...box.env, ...env }, encoding: 'utf8' } as const
  return spawnSync('bash', [file], options)
}

const wanted = {
  present: { server: 'http://127.0.0.1:46580', names: [] },
  kept: '/state/generations/1',
  privateRoot: true,
}

function planned(box: Scratch, more: object, verb: 'enable' | 'disable' = 'enable'): Step[] {
  const text = `version: 1
endpoint: svc-a
domain: svc.test
certificate: {source: self-signed}
target: {kind: skyserve, service: svc-a, yaml: ./service.yaml}
dns: {how: shown}
`
  const { answers } = loadAnswers(text, questionsFor(targets), {
    name: 'a.yaml',
    folder: box.folder,
  })
  return skyserve[verb]({ answers, ...wanted, ...more } as Wanted<never>)
}

const running = {
  name: 'svc-a',
  status: 'READY',
  replicas: { ready: 1, total: 1 },
  tls: false,
  url: 'http://localhost:30001',
}

describe('a script of each plan of SkyServe', () => {
  const http = { present: { ...wanted.present, names: ['svc-a'], service: running } }
  const https = {
    before: 1,
    beforeLeaf: 'A9:54',
    present: {
      ...http.present,
      service: { ...running, tls: true, url: 'https://localhost:30001' },
    },
  }

  it.for([
    ['from nothing', {}, 'enable'],
    ['from HTTP', http, 'enable'],
    ['from another pair', https, 'enable'],
    ['back to HTTP', https, 'disable'],
  ] as const)('is clean for shellcheck: %s', async ([_name, more, verb], context) => {
    if (!isThere('shellcheck')) return context.skip()
    const box = createScratch(onTestFinished)
    box.file('service.yaml', 'service:\n  replicas: 1\n')
    const script = await scriptOf(planned(box, more, verb), box)
    const { stdout, status } = spawnSync('shellcheck', ['-'], { input: script, encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  it('names what it needs and what it takes', async () => {
    const box = createScratch(onTestFinished)
    box.file('service.yaml', 'service:\n  replicas: 1\n')
    const script = await scriptOf(planned(box, {}), box)
    expect(script).toContain('# Needs bash, openssl, curl, jq and sky.')
    expect(script).toMatch(/^#!\/usr\/bin\/env bash\n# secure-endpoint plan d{16}: enable svc-a\n/)
    expect(script).not.toMatch(/PRIVATE KEY/)
  })
})

describe('hostile values in a script', () => {
  it('reach a command as exactly what they are', async () => {
    const box = createScratch(onTestFinished)
    box.tool('sky', 'printf "%s\\0" "$@" >argv')
    const act: Step['act'] = { do: 'exec', argv: ['sky', ...hostile, ''], limit: '1m' }
    const title = "Start $(touch owned) `touch owned`\ntouch owned 'x'"
    const script = await scriptOf([step('change.up', { act, title })], box, {
      endpoint: 'a\ntouch owned',
      changes: 'x\ntouch owned; $(touch owned)',
    })
    const { status, stderr } = call(script, ['act_change_up'], box)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const argv = readFileSync(join(box.folder, 'argv'), 'utf8').split('\0').slice(0, -1)
    expect(argv).toEqual([...hostile, ''])
    expect(existsSync(join(box.folder, 'owned'))).toBe(false)
  })

  it('reach a file as exactly what they are', async () => {
    const box = createScratch(onTestFinished)
    const yaml = `# $(touch owned) \`touch owned\`
service:
  replicas: 1
  note: ${JSON.stringify(hostile.join(' '))}
run: |
  EOF
  END_
  cat <<'X'
`
    box.file('service.yaml', yaml)
    const [write] = planned(box, {}).filter(({ id }) => id === 'prepare.yaml')
    if (!write) throw new Error('no such step')
    const work = join(box.folder, 'work "$(touch owned)" \\ \'x\'')
    const { status, stderr } = call(await scriptOf([write], box), ['act_prepare_yaml'], box, {
      WORK: work,
    })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const text = readFileSync(join(work, 'new/service.yaml'), 'utf8')
    const pair = { keyfile: `${work}/new/key.pem`, certfile: `${work}/new/chain.pem` }
    const { parse } = await import('yaml')
    const { service } = parse(text)
    expect(service.tls).toEqual(pair)
    // the mark of the new folder is the one thing that is replaced
    expect(service.note).toBe(hostile.join(' ').replace('@NEW@', `${work}/new`))
    expect(text).toContain('# $(touch owned) `touch owned`')
    expect(existsSync(join(box.folder, 'owned'))).toBe(false)
  })

  it('from a tool stay values: what it says is captured, not run', async () => {
    const box = createScratch(onTestFinished)
    const said = hostile.join('|')
    box.file('said.json', JSON.stringify({ server: { address: said }, 'a.b': 1 }))
    box.tool('sky', 'cat said.json')
    box.tool('next', 'printf "%s\\0" "$@" >argv')
    const steps = [
      step('serve.address', {
        act: { do: 'exec', argv: ['sky'], limit: '1m' },
        captures: { address: { json: 'server.address' } },
      }),
      step('change.next', {
        act: {
          do: 'exec',
          argv: [
            'next',
            { capture: 'serve.address.address' },
            { join: ['x=', { capture: 'serve.address.address' }] },
          ],
          limit: '1m',
        },
      }),
    ]
    const { status } = call(
      await scriptOf(steps, box),
      ['act_serve_address', 'act_change_next'],
      box,
    )
    expect(status).toBe(0)
    const argv = readFileSync(join(box.folder, 'argv'), 'utf8').split('\0').slice(0, -1)
    expect(argv).toEqual([said, `x=${said}`])
    expect(existsSync(join(box.folder, 'owned'))).toBe(false)
  })

  it('in expectations and explanations are compared, not run', async () => {
    const box = createScratch(onTestFinished)
    box.tool('sky', 'echo "$(cat said)"; exit 1')
    box.file('said', 'it\'s "odd" (401) $(x) \\(env)')
    const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    const known = { id: 'x', exit: 77, why: '', fix: "Type: it's `touch owned` $(touch owned)" }
    const act: Step['act'] = {
      do: 'exec',
      argv: ['sky'],
      limit: '1m',
      explains: [
        { when: { regex: 'never said' }, title: 'Never.', ...known },
        { when: { regex: escaped('it\'s "odd" (401) $(x) \\(env)') }, title: 'Known.', ...known },
      ],
    }
    const { status, stderr } = call(await scriptOf([step('a', { act })], box), ['act_a'], box)
    expect(status).toBe(77)
    expect(stderr).toContain("  Known.\n  means: \n  fix: Type: it's `touch owned` $(touch owned)")
    expect(stderr).not.toContain('Never.')
    expect(existsSync(join(box.folder, 'owned'))).toBe(false)
  })
})

describe('a word of a script', () => {
  it('is what the same text is in a run', () => {
    expect(word('a b')).toBe("'a b'")
    expect(word('')).toBe("''")
    expect(word(3)).toBe('3')
    expect(word({ join: ['https://', { capture: 'serve.address.host' }, '/$x'] })).toBe(
      `https://"$serve_address_host"'/$x'`,
    )
    expect(word({ kept: 'key.pem' })).toBe('"$NEW"/key.pem')
    expect(word({ before: 'a', generation: 0 })).toBe('"$FOUND"/a')
    expect(word({ before: 'a' })).toBe('"$OLD"/a')
    expect(word({ capture: 'a.leaf', slice: [3, 8] })).toBe(`"\${a_leaf:3:5}"`)
    expect(word({ capture: 'a.leaf', slice: [3] })).toBe(`"\${a_leaf:3}"`)
  })
})

describe('a predicate of a script', () => {
  const answers: Answer[] = [
    {
      exit: 0,
      text: 'Endpoint URL: https://x',
      json: { state: 'READY', tls: true, n: 1, list: ['a'], none: null },
      seen: '',
    },
    { exit: 1, status: 503, text: 'first\nsecond', json: { state: 'ABSENT' }, seen: '' },
    { text: '', seen: '', leafSha256: 'A9:54' },
  ]
  const leaf = fc.oneof<fc.Arbitrary<Predicate>[]>(
    fc.constantFrom<Predicate>(
      { exit: [0] },
      { exit: [1, 2] },
      { status: [200, 503] },
      { regex: '^Endpoint' },
      { regex: '^second$' },
      { regex: 'it\'s "x" \\\\(env)' },
      { leafSha256: 'A9:54' },
      { json: 'state', equals: 'READY' },
      { json: 'list.0', equals: 'a' },
      { json: 'state', oneOf: ['ABSENT', 'GONE'] },
      { json: 'tls', equals: true },
      { json: 'n', equals: 1 },
      { json: 'state', matches: '^(?!READY$)' },
      { json: 'n', matches: '1' },
      { json: 'deep.er.still', equals: 1 },
    ),
  )
  const predicate = fc.oneof(
    leaf,
    leaf.map((each): Predicate => ({ not: each })),
    fc.array(leaf, { maxLength: 3 }).map((any): Predicate => ({ any })),
  )

  // what is missing is null to jq, so no plan may ask for null
  it('holds in jq where it holds in a run', context => {
    if (!isThere('jq')) return context.skip()
    const pairs = fc.sample(
      fc.tuple(fc.array(predicate, { maxLength: 3 }), fc.constantFrom(...answers)),
      120,
    )
    for (const [predicates, answer] of pairs) {
      const program = `cd /; printf '%s' "$ANSWER" | jq -e ${holdsWord(predicates)}`
      const env = {
        PATH: process.env.PATH ?? '',
        ANSWER: JSON.stringify({ status: null, json: null, exit: null, ...answer }),
      }
      const { status } = spawnSync('sh', ['-c', program], { env })
      const expected = predicates.every(each => holds(each, answer))
      expect(status === 0, `${predicates.map(jqOf).join(' and ')} on ${env.ANSWER}`).toBe(expected)
    }
  })
})
