import { spawnSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { make } from '../support/certificates.ts'
import { answers, createSandbox, type Ended, type Sandbox } from '../support/sandbox.ts'
import { isThere, skipped } from '../support/scratch.ts'

const passphrase = 'Correct-Horse-7-Battery'
const at = Date.now()
const root = make({ ca: true, cn: 'Example Root CA', at })
const uploads = [1, 2].map(() => make({ names: ['svc.test'], issuer: root, key: 'rsa2048', at }))

let box: Sandbox
/** All that was printed, by the command that printed it. */
const printed: { command: string; text: string }[] = []
const exits: (number | null)[] = []

/** Puts a witness in front of a tool: it writes down argv and environment, and runs the tool. */
function watch(tool: string) {
  const path = join(box.folder, 'bin', tool)
  const real = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8', env: box.env })
  let program = real.stdout.trim()
  if (program === '') return
  if (program === path) {
    program = `${path}-real`
    renameSync(path, program)
  }
  const log = join(box.folder, 'witness.log')
  const seen = `printf '%s\\n' "$0" "$@"; tr '\\0' '\\n' </proc/$$/environ`
  writeFileSync(path, `#!/bin/sh\n{ ${seen}; } >>'${log}'\nexec '${program}' "$@"\n`)
  chmodSync(path, 0o755)
}

async function run(...args: string[]): Promise<Ended> {
  const ended = await box.cli(args, { env: { TMPDIR: join(box.folder, 'tmp') } })
  printed.push({ command: args.join(' '), text: ended.stdout + ended.stderr })
  exits.push(ended.exit)
  return ended
}

function upload(number: number): string {
  const { pem, key } = uploads[number] ?? make()
  const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const
  box.file(`chain-${number}.pem`, pem)
  box.file(`key-${number}.pem`, key.export(locked).toString())
  const files = `chain: ./chain-${number}.pem, key: ./key-${number}.pem, roots: ./root.pem`
  const certificate = `{source: uploaded, ${files}, passphrase: {file: ./pass}, repair: [unlock]}`
  box.file(`upload-${number}.yaml`, answers(box, { certificate }))
  return `upload-${number}.yaml`
}

/** One endpoint's whole life, with a run that fails in the middle of it. */
beforeAll(async () => {
  box = await createSandbox()
  mkdirSync(join(box.folder, 'tmp'))
  for (const tool of ['sky', 'curl', 'nslookup']) watch(tool)
  box.file('a.yaml', answers(box))
  box.file('root.pem', root.pem)
  box.file('pass', `${passphrase}\n`)
  const [first, second] = [upload(0), upload(1)]
  await run('init', '--answers', 'a.yaml', '--yes')
  await run('rotate', 'svc-a', '--yes', '--json')
  await run('plan', '--answers', first, '--format', 'json')
  await run('plan', '--answers', first, '--format', 'sh')
  await run('init', '--rehearse', '--answers', first)
  await run('rotate', 'svc-a', '--answers', first, '--yes')
  box.setDouble(state => {
    const text = `could not read:\n${uploads[1]?.keyPem}`
    state.faults = { 'serve up': { how: 'fail', exit: 1, text, times: 1 } }
  })
  await run('rotate', 'svc-a', '--answers', second, '--yes', '--json')
  await run('rotate', 'svc-a', '--answers', second, '--yes')
  for (const args of [
    ['show'],
    ['status', '--once'],
    ['list'],
    ['doctor', '--target', 'skyserve'],
  ]) {
    const name = args[0] === 'show' ? ['svc-a'] : []
    await run(...args, ...name, '--json')
    await run(...args, ...name)
  }
  await run(
    'cert',
    'check',
    'chain-0.pem',
    'key-0.pem',
    '--passphrase-file',
    'pass',
    '--roots',
    'root.pem',
  )
  await run('disable', 'svc-a', '--yes')
  box.file('pass', 'not the passphrase\n')
  await run('init', '--answers', second, '--yes', '--abandon', '--json')
}, 120_000)

afterAll(() => box.close())

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(path => statSync(path).isFile())
}

const isKeyFile = (path: string) => /key[^/]*\.pem$/.test(path)

/** What must be seen nowhere: passphrase, every line of every key, and the numbers in the keys. */
function secrets(): string[] {
  const pems = [
    ...filesBelow(box.state)
      .filter(isKeyFile)
      .map(path => readFileSync(path, 'utf8')),
    ...uploads.map(({ keyPem }) => keyPem),
    ...[0, 1].map(number => readFileSync(join(box.folder, `key-${number}.pem`), 'utf8')),
  ]
  const lines = pems.flatMap(pem => pem.split('\n').filter(line => /^[\w+/=]{8,64}$/.test(line)))
  const numbers = pems
    .filter(pem => !pem.includes('ENCRYPTED'))
    .flatMap(pem => {
      const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' })
      const bytes = Buffer.from(d, 'base64url')
      return [d, bytes.toString('hex'), bytes.toString('base64')]
    })
  return [passphrase, 'not the passphrase', ...lines, ...numbers]
}

describe('a whole life of an endpoint', () => {
  it('went as it was meant to', () => {
    const all = exits.map((exit, index) => `${exit} ${printed[index]?.command}`)
    expect(all.filter(each => !each.startsWith('0 '))).toEqual([
      '1 rotate svc-a --answers upload-1.yaml --yes --json',
      '65 init --answers upload-1.yaml --yes --abandon --json',
    ])
  })

  it('kept four keys and those of two CAs at least, so that there is something to look for', () => {
    expect(filesBelow(box.state).filter(isKeyFile).length).toBeGreaterThanOrEqual(4)
    expect(secrets().length).toBeGreaterThan(100)
  })

  it('printed no secret', () => {
    for (const secret of secrets()) {
      const where = printed.filter(({ text }) => text.includes(secret))
      expect(where.map(({ command }) => command)).toEqual([])
    }
  })

  it('wrote a secret into no file but those of the keys', () => {
    const others = filesBelow(box.state).filter(path => !isKeyFile(path))
    expect(others.some(path => path.endsWith('journal.ndjson'))).toBe(true)
    for (const path of others) {
      const text = readFileSync(path, 'utf8')
      expect(
        secrets().filter(secret => text.includes(secret)),
        path,
      ).toEqual([])
      expect(text, path).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY/)
    }
  })

  it('gave a secret to no tool, neither as an argument nor in its environment', () => {
    const seen = readFileSync(join(box.folder, 'witness.log'), 'utf8')
    expect(seen).toContain('/sky\nserve\nup\n')
    expect(seen).toContain('/curl\n')
    expect(secrets().filter(secret => seen.includes(secret))).toEqual([])
  })

  it('left nothing in the folder for temporary files', () => {
    expect(readdirSync(join(box.folder, 'tmp'))).toEqual([])
  })

  it('keeps its record for the user alone', () => {
    const all = readdirSync(box.state, { recursive: true, encoding: 'utf8' })
    const open = [box.state, ...all.map(name => join(box.state, name))].filter(path => {
      const found = statSync(path)
      return (found.mode & 0o777) !== (found.isDirectory() ? 0o700 : 0o600)
    })
    expect(open).toEqual([])
  })
})

describe('a key file', () => {
  it.for([
    ['a local CA and its leaf', ['init', '--rehearse', '--answers', 'a.yaml']],
    ['an upload', ['init', '--rehearse', '--answers', 'upload-0.yaml']],
    ['cert issue', ['cert', 'issue', 'svc.test', '--authority', 'local', '--out', 'issued']],
  ] as const)('of %s has its mode from the first byte, whatever the umask', ([, args], context) => {
    if (!isThere('strace')) return context.skip()
    box.file('pass', `${passphrase}\n`)
    const lines = traced(args)
    if (!lines) return context.skip()
    const made = lines.filter(line => /O_CREAT|\bcreat\(/.test(line))
    expect(made.length).toBeGreaterThan(2)
    const open = made.filter(line => !/, 0600\)/.test(line))
    // what a certificate folder holds for everybody is the chain
    expect(open.filter(line => args[0] === 'init' || !/, 0644\)/.test(line))).toEqual([])
    expect(made.filter(line => !/O_EXCL|(journal|issued)\.ndjson/.test(line))).toEqual([])
    expect(lines.filter(line => /chmod/.test(line))).toEqual([])
    const folders = lines.filter(line => /mkdir/.test(line) && !line.includes('EEXIST'))
    expect(folders.filter(line => !/, 0700\)/.test(line))).toEqual([])
  })
})

/** The calls with which a command makes files and folders below the test's own; undefined without ptrace. */
function traced(args: readonly string[]): string[] | undefined {
  const trace = join(box.folder, 'trace')
  const calls = 'trace=openat,open,creat,mkdir,mkdirat,chmod,fchmod,fchmodat'
  const bin = fileURLToPath(new URL('../../bin/secure-endpoint.cjs', import.meta.url))
  const strace = ['strace', '-f', '-qq', '-s', '400', '-e', calls, '-o', trace, process.execPath]
  const state = join(box.folder, 'state-2')
  const env = { ...box.env, TMPDIR: join(box.folder, 'tmp'), XDG_STATE_HOME: state }
  const options = { cwd: box.folder, env, encoding: 'utf8' } as const
  const all = ['-c', 'umask 0; exec "$@"', 'sh', ...strace, bin, ...args]
  const { status, stderr } = spawnSync('sh', all, options)
  if (!existsSync(trace)) return skipped(`this system lets nobody trace: ${stderr}`)
  expect(status, stderr).toBe(0)
  const lines = readFileSync(trace, 'utf8').split('\n')
  const places = [join(box.folder, 'tmp/'), `${state}/`, join(box.folder, 'issued'), '"issued']
  return lines.filter(line => places.some(place => line.includes(place)))
}
