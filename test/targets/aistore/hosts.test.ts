import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Performing } from '../../../src/plan/op.ts'
import type { Json } from '../../../src/plan/plan.ts'
import { createRunTool } from '../../../src/process/run-tool.ts'
import type { ToolCall } from '../../../src/process/tool.ts'
import { recordPaths } from '../../../src/record/paths.ts'
import { readyHostsOp } from '../../../src/targets/aistore/hosts/files-on-hosts.ts'
import { keepFoundOp } from '../../../src/targets/aistore/keep.ts'
import { placedOp, placeFilesOp } from '../../../src/targets/aistore/ops-files.ts'
import { foreignOp, rootsOp } from '../../../src/targets/aistore/ops-found.ts'
import { make } from '../../support/certificates.ts'
import { fakeWorld } from '../../support/play.ts'
import { createScratch, type Scratch } from '../../support/scratch.ts'
import { noSshd, type SshHosts, startSshHosts } from '../../support/sshd.ts'

const why = noSshd()
const at = Date.now()
const root = make({ ca: true, cn: 'Private CA', at })
const leaf = make({ names: ['ais.lab.test'], issuer: root, at })
const other = make({ names: ['ais.lab.test'], issuer: root, at })

let ssh: SshHosts
let ends: (() => void)[] = []

beforeAll(async () => {
  if (why) return
  const { folder } = createScratch(end => ends.push(end))
  ssh = await startSshHosts(folder)
  // each host is in a folder of its own, to which the same absolute path leads
  for (const name of ['one', 'two', 'three'])
    mkdirSync(join(folder, name, 'tls'), { recursive: true })
  mkdirSync(join(folder, 'one/full'))
  const inside = (name: string, then = 'eval "$SSH_ORIGINAL_COMMAND"') =>
    `cd '${join(folder, name)}' && ${then}`
  await ssh.host('one', { command: inside('one') })
  await ssh.host('two', { command: inside('two') })
  await ssh.host('chatty', {
    command: inside('three', 'echo "Welcome; se: key same"; eval "$SSH_ORIGINAL_COMMAND"'),
  })
  // where sh is bash
  const { bin } = createScratch(end => ends.push(end))
  symlinkSync('/bin/bash', join(bin, 'sh'))
  await ssh.host('bash', { command: `export PATH='${bin}':"$PATH"; ${inside('one')}` })
  await ssh.host('no-shell', { command: 'echo This account is currently not available.; exit 1' })
  await ssh.host('strange', { known: 'another' })
  await ssh.host('unknown', { known: 'none' })
  await ssh.host('closed', { authorized: false })
  await ssh.nowhere('gone')
})

afterAll(async () => {
  await ssh?.close()
  for (const end of ends) end()
  ends = []
})

/** Parts of a path that a shell would take for something else. */
const paths = [
  ['a space and quotes', `it's "a" folder`],
  ['what a shell would expand', '$(touch pwned) `touch pwned` $HOME *'],
  ['a newline and a semicolon', 'one\ntouch pwned; #'],
  ['a beginning like an option', '-rf'],
  ['letters beyond ASCII', 'zertifikäte'],
] as const

interface Case {
  scratch: Scratch
  ctx: Performing
  /** Whether root runs sudo here: a program of that name is in front of PATH. */
  input: Record<string, Json>
  /** Argv and stdin of each call. */
  calls: ToolCall[]
  /** Where a path of the nodes lies on the hosts that share this machine's files. */
  of(name: string): string
}

/** A pair on record here, and where it goes; `folder` is a part of the path of the nodes. */
function caseOf(hosts: string[], folder = 'tls', more: Record<string, Json> = {}): Case {
  const scratch = createScratch(onTestFinished)
  const calls: ToolCall[] = []
  const real = createRunTool({ ...process.env, PATH: `${ssh.bin}:${process.env.PATH}` })
  const run: Performing['run'] = call => {
    calls.push(call)
    return real(call)
  }
  const of = (name: string) => join(scratch.folder, folder, name)
  const input: Record<string, Json> = {
    chain: scratch.file('chain.pem', leaf.pem),
    key: scratch.file('key.pem', leaf.keyPem),
    roots: scratch.file('roots.pem', root.pem),
    certFile: of('server.crt'),
    keyFile: of('server.key'),
    caFile: of('ca.crt'),
    place: 'ssh',
    named: true,
    ssh: {
      hosts: hosts.map(to => ({ to, nodes: [] })),
      sudo: false,
      kept: 'before-ais',
      ...more,
    },
  }
  const paths = recordPaths(scratch.folder, 'ais')
  const ctx = {
    world: fakeWorld(),
    run,
    signal: new AbortController().signal,
    say: () => {},
    record: { paths, generation: 1, run: 'r1' },
  } as unknown as Performing
  return { scratch, ctx, input, calls, of }
}

const ready = ({ input, ctx }: Case) => readyHostsOp.run({ ...input, withRoots: true }, ctx)

describe.skipIf(why !== undefined)('files on hosts behind a real sshd', () => {
  it('are written: the key for its owner alone, looked at without being read, and again nothing is done', async () => {
    const box = caseOf(['one'])
    const { input, ctx, calls, of } = box
    expect(await ready(box)).toEqual({ seen: '1 host can be written' })
    expect(existsSync(of(''))).toBe(false)
    expect(await placedOp.run(input, ctx)).toMatchObject({ placed: false })
    expect(await placeFilesOp.run(input, ctx)).toMatchObject({ placed: true })
    expect(await placedOp.run(input, ctx)).toMatchObject({ placed: true })
    const modes = ['server.key', 'ca.crt', 'server.crt'].map(
      name => statSync(of(name)).mode & 0o777,
    )
    expect(modes).toEqual([0o600, 0o644, 0o644])
    expect(readFileSync(of('server.key'), 'utf8')).toBe(leaf.keyPem)
    expect(readFileSync(of('server.crt'), 'utf8')).toBe(leaf.pem)
    expect(readdirSync(of('')).sort()).toEqual(['ca.crt', 'server.crt', 'server.key'])
    for (const { argv, env = {} } of calls)
      expect(`${argv.join(' ')} ${JSON.stringify(env)}`).not.toMatch(/PRIVATE|[A-Za-z0-9+/]{60}/)
    expect(calls.every(({ argv }) => argv.at(-3) === '--' && argv.at(-2) === 'one')).toBe(true)
  })

  it.each(
    ['one', 'bash'].flatMap(host => paths.map(([name, folder]) => [name, host, folder] as const)),
  )('lie where the path says, with %s in it: %s', async (_name, host, folder) => {
    const box = caseOf([host], folder)
    const { input, ctx, of, scratch } = box
    await ready(box)
    await placeFilesOp.run(input, ctx)
    expect(readFileSync(of('server.key'), 'utf8')).toBe(leaf.keyPem)
    expect(readdirSync(of('')).sort()).toEqual(['ca.crt', 'server.crt', 'server.key'])
    expect(spawnSync('find', [scratch.folder, '-name', 'pwned']).stdout.toString()).toBe('')
  })

  it('are each of its own host, and chatter of a login is not heard', async () => {
    const path = '/proc/self/cwd/tls'
    const { ctx, input } = caseOf(['one', 'two', 'chatty'])
    const paths = {
      certFile: `${path}/server.crt`,
      keyFile: `${path}/server.key`,
      caFile: `${path}/ca.crt`,
    }
    const own = { ...input, ...paths }
    expect(await placedOp.run(own, ctx)).toEqual({
      placed: false,
      seen: 'in place on 0 of 3 hosts',
    })
    await placeFilesOp.run({ ...own, ssh: { hosts: [{ to: 'two' }], sudo: false, kept: 'k' } }, ctx)
    expect(await placedOp.run(own, ctx)).toEqual({
      placed: false,
      seen: 'in place on 1 of 3 hosts',
    })
    expect(await placeFilesOp.run(own, ctx)).toMatchObject({ placed: true })
    expect(await placedOp.run(own, ctx)).toMatchObject({ placed: true })
  })

  it.each([
    ['gone', 'ssh.unreachable', 69, 'Connection refused'],
    ['strange', 'ssh.host-key', 77, 'IDENTIFICATION HAS CHANGED'],
    ['unknown', 'ssh.host-key', 77, 'Host key verification failed'],
    ['closed', 'ssh.denied', 77, 'Permission denied (publickey)'],
    ['no-shell', 'ssh.no-shell', 69, 'This account is currently not available.'],
    ['no.such.host.invalid', 'ssh.unreachable', 69, 'Could not resolve hostname'],
  ])('are put nowhere where %s is one of the hosts: %s', async (host, id, exit, evidence) => {
    const box = caseOf(['one', host])
    const found = { id, subject: host, evidence: expect.stringContaining(evidence) }
    await expect(ready(box)).rejects.toMatchObject({ exit, findings: [found] })
    // without the check, too
    await expect(placeFilesOp.run(box.input, box.ctx)).rejects.toMatchObject({ findings: [found] })
    expect(existsSync(box.of('server.key'))).toBe(false)
    expect(existsSync(box.of('')) ? readdirSync(box.of('')) : []).toEqual([])
  })

  it('name every host that is of no use at once, and accept no key of a host', async () => {
    const box = caseOf(['gone', 'unknown', 'strange', 'closed'])
    const error = await ready(box).catch(problem => problem)
    const findings = error.findings.map(({ id, subject }: { id: string; subject: string }) => [
      id,
      subject,
    ])
    expect(new Map(findings)).toEqual(
      new Map([
        ['ssh.unreachable', 'gone'],
        ['ssh.host-key', expect.stringMatching(/^(unknown, strange|strange, unknown)$/)],
        ['ssh.denied', 'closed'],
      ]),
    )
    await expect(ready(caseOf(['unknown']))).rejects.toMatchObject({ exit: 77 })
  })

  it('go over a connection that the own configuration keeps open, and past a terminal that it asks for', async () => {
    const { folder } = createScratch(onTestFinished)
    const path = join(folder, 'open')
    await ssh.host('kept-open', {
      client: [
        'ControlMaster auto',
        `ControlPath ${path}`,
        'ControlPersist 60',
        'RequestTTY force',
      ],
    })
    const box = caseOf(['kept-open'])
    await ready(box)
    expect(existsSync(path)).toBe(true)
    await placeFilesOp.run(box.input, box.ctx)
    expect(await placedOp.run(box.input, box.ctx)).toMatchObject({ placed: true })
    expect(spawnSync(join(ssh.bin, 'ssh'), ['-O', 'exit', 'kept-open']).status).toBe(0)
  })

  it('say that sudo is refused, and go through it where it is not', async () => {
    const refusing = createScratch(onTestFinished)
    refusing.tool('sudo', 'echo "sudo: a password is required" >&2; exit 1')
    await ssh.host('asks', {
      command: `export PATH='${refusing.bin}':"$PATH"; eval "$SSH_ORIGINAL_COMMAND"`,
    })
    const asks = caseOf(['asks'], 'tls', { sudo: true })
    await expect(ready(asks)).rejects.toMatchObject({
      exit: 77,
      findings: [{ id: 'ssh.sudo', evidence: 'sudo: a password is required' }],
    })
    const letting = createScratch(onTestFinished)
    letting.tool('sudo', '[[ $1 == -n ]] && printf "%s\\n" "$*" >>"$0.log" && shift && exec "$@"')
    await ssh.host('lets', {
      command: `export PATH='${letting.bin}':"$PATH"; eval "$SSH_ORIGINAL_COMMAND"`,
    })
    const lets = caseOf(['lets'], 'tls', { sudo: true })
    await ready(lets)
    await placeFilesOp.run(lets.input, lets.ctx)
    expect(readFileSync(lets.of('server.key'), 'utf8')).toBe(leaf.keyPem)
    const log = readFileSync(join(letting.bin, 'sudo.log'), 'utf8')
    expect(log).toMatch(/^-n sh -c eval/)
    expect(log).not.toContain('PRIVATE')
  })

  it('are of the user of aisnode where root writes them, and are refused where nobody could read them', async context => {
    if (process.getuid?.() !== 0) return context.skip('only root gives files away')
    const { scratch, input, ctx, of } = caseOf(['served'])
    if (spawnSync('unshare', ['-pf', '--mount-proc', 'true']).status !== 0)
      return context.skip('no namespace of processes can be made here')
    // a host on which nobody but a user 65534 runs aisnode: without one, other tests' nodes count
    const node = scratch.tool('aisnode-fake', 'read -r _ </dev/zero')
    const own = (as: string) =>
      scratch.tool(
        `host-${as}`,
        `setpriv --reuid 65534 --regid 65534 --clear-groups '${node}' &
until [[ $(</proc/$!/comm) == aisnode* ]]; do :; done
${as === 'root' ? '' : `setpriv --reuid ${as} --regid ${as} --clear-groups `}sh -c "$SSH_ORIGINAL_COMMAND"
code=$?
kill $!
exit $code`,
      )
    const inside = (as: string) => `unshare -pf --mount-proc '${own(as)}'`
    chmodSync(scratch.folder, 0o755)
    mkdirSync(of(''))
    await ssh.host('served', { command: inside('root') })
    await placeFilesOp.run(input, ctx)
    for (const name of ['server.key', 'server.crt'])
      expect(statSync(of(name))).toMatchObject({ uid: 65_534, gid: 65_534 })
    expect(await placedOp.run(input, ctx)).toMatchObject({ placed: true })
    mkdirSync(of('shut'), { mode: 0o700 })
    const shut = {
      exit: 77,
      findings: [{ id: 'ssh.reader', evidence: expect.stringContaining('is closed to it') }],
    }
    const inShut = { certFile: of('shut/tls/c'), keyFile: of('shut/tls/k'), withRoots: false }
    await expect(readyHostsOp.run({ ...input, ...inShut }, ctx)).rejects.toMatchObject(shut)
    chownSync(of(''), 12_345, 12_345)
    await ssh.host('deploys', { command: inside('12345') })
    const deploys = { ...input, ssh: { hosts: [{ to: 'deploys' }], sudo: false, kept: 'k' } }
    await expect(readyHostsOp.run({ ...deploys, withRoots: false }, ctx)).rejects.toMatchObject({
      exit: 77,
      findings: [{ id: 'ssh.reader', evidence: expect.stringContaining('user 65534') }],
    })
  })

  it('leave all hosts as they are where one has a full disk, or cannot write', async context => {
    const box = caseOf(['one', 'two'])
    const { input, ctx, scratch } = box
    const small = scratch.mount('size=16k')
    if (small === undefined) return context.skip('root alone mounts file systems')
    // the files of one host lie on the small disk: a folder that only its own sshd leads to
    const path = '/proc/self/cwd/full'
    const own = {
      ...input,
      certFile: `${path}/server.crt`,
      keyFile: `${path}/server.key`,
      caFile: `${path}/ca.crt`,
    }
    await ssh.host('small', { command: `cd '${scratch.folder}' && eval "$SSH_ORIGINAL_COMMAND"` })
    spawnSync('ln', ['-s', small, join(scratch.folder, 'full')])
    writeFileSync(join(small, 'fill'), Buffer.alloc(14 * 1024))
    const hosts = { hosts: [{ to: 'one' }, { to: 'small' }], sudo: false, kept: 'k' }
    const full = { id: 'ssh.full', subject: 'small' }
    const bad = { ...own, ssh: hosts }
    await expect(readyHostsOp.run({ ...bad, withRoots: true }, ctx)).rejects.toMatchObject({
      exit: 73,
      findings: [full],
    })
    await expect(placeFilesOp.run(bad, ctx)).rejects.toMatchObject({ findings: [full] })
    expect(readdirSync(small)).toEqual(['fill'])
    spawnSync('mount', ['-o', 'remount,ro', small])
    await expect(readyHostsOp.run({ ...bad, withRoots: true }, ctx)).rejects.toMatchObject({
      exit: 73,
      findings: [
        {
          id: 'ssh.folder',
          subject: 'small',
          evidence: expect.stringContaining('Read-only file system'),
        },
      ],
    })
    await placeFilesOp.run({ ...own, ssh: { ...hosts, hosts: [{ to: 'one' }] } }, ctx)
  })

  it('leave the old file where a connection breaks off', async () => {
    const { input, ctx, of } = caseOf(['cut'])
    // it ends stdin some bytes before the end of what was sent
    await ssh.host('cut', {
      command: 'head -c "-200" | sh -c "$SSH_ORIGINAL_COMMAND"',
    })
    mkdirSync(of(''), { recursive: true })
    writeFileSync(of('server.key'), other.keyPem)
    writeFileSync(of('server.crt'), other.pem)
    await expect(placeFilesOp.run(input, ctx)).rejects.toMatchObject({
      findings: [{ id: 'ssh.cut' }],
    })
    expect(readFileSync(of('server.key'), 'utf8')).toBe(other.keyPem)
    expect(readdirSync(of('')).sort()).toEqual(['server.crt', 'server.key'])
  })

  it('of somebody else are seen, kept by their host and put back without their key ever coming here', async () => {
    const box = caseOf(['one'])
    const { input, ctx, of, calls, scratch } = box
    mkdirSync(of(''), { recursive: true })
    writeFileSync(of('server.key'), other.keyPem)
    writeFileSync(of('server.crt'), `${other.pem}${other.keyPem}`)
    await expect(foreignOp.run({ ...input, adopt: false }, ctx)).rejects.toMatchObject({
      exit: 65,
      findings: [{ id: 'aistore.foreign-file', subject: `one:${of('server.crt')}` }],
    })
    expect(await foreignOp.run({ ...input, adopt: true }, ctx)).toEqual({ seen: 'is adopted' })
    const outputs: string[] = []
    const { run } = ctx
    ctx.run = async call => {
      const result = await run(call)
      outputs.push(result.stdout)
      return result
    }
    await keepFoundOp.run({ ...input, scheme: 'https', caFile: '' }, ctx)
    const found = join(scratch.folder, 'endpoints/ais/generations/0')
    expect(readFileSync(join(found, 'chain.pem'), 'utf8')).toBe(other.pem)
    expect(existsSync(join(found, 'key.pem'))).toBe(false)
    await placeFilesOp.run(input, ctx)
    expect(readFileSync(of('server.key'), 'utf8')).toBe(leaf.keyPem)
    expect(statSync(of('server.key.before-ais')).mode & 0o777).toBe(0o600)
    const back: Record<string, Json> = {
      ...input,
      chain: join(found, 'chain.pem'),
      key: join(found, 'key.pem'),
      ssh: { hosts: [{ to: 'one' }], sudo: false, kept: 'before-ais' },
    }
    const { roots: _, ...pair } = back
    expect(await placedOp.run(pair, ctx)).toMatchObject({ placed: false })
    expect(await placeFilesOp.run(pair, ctx)).toMatchObject({ placed: true })
    expect(await placedOp.run(pair, ctx)).toMatchObject({ placed: true })
    expect(readFileSync(of('server.key'), 'utf8')).toBe(other.keyPem)
    expect(outputs.join()).not.toContain('PRIVATE KEY')
    expect(calls.map(({ stdin }) => stdin).join()).not.toContain(other.keyPem)
  })

  it('that are neither key nor certificate are not replaced where only a cluster names them', async () => {
    const { input, ctx, of } = caseOf(['one'])
    mkdirSync(of(''), { recursive: true })
    writeFileSync(of('server.key'), 'root:x:0:0\n')
    await expect(placeFilesOp.run({ ...input, named: false }, ctx)).rejects.toMatchObject({
      exit: 65,
      findings: [{ id: 'aistore.foreign-file', subject: 'one' }],
    })
    expect(readdirSync(of(''))).toEqual(['server.key'])
  })

  it('are not as wanted where others could read the key, or the nodes know another root', async () => {
    const { input, ctx, of } = caseOf(['one'])
    await placeFilesOp.run(input, ctx)
    chmodSync(of('server.key'), 0o644)
    expect(await placedOp.run(input, ctx)).toMatchObject({ placed: false })
    const ask = { ...input, known: '/nowhere' }
    expect(await rootsOp.run(ask, ctx)).toMatchObject({ seen: 'the nodes trust its root' })
    writeFileSync(of('ca.crt'), make({ ca: true, cn: 'Other CA', at }).pem)
    await expect(rootsOp.run(ask, ctx)).rejects.toMatchObject({
      findings: [{ id: 'aistore.other-root' }],
    })
  })
})

describe('files on hosts', () => {
  it('name the command that gets ssh where it is missing', async () => {
    const run = createRunTool({ PATH: '/nowhere' })
    const ctx = { run, signal: new AbortController().signal } as Performing
    const input = { certFile: '/c', keyFile: '/k', caFile: '/a', withRoots: true }
    const hosts = { hosts: [{ to: 'one', nodes: [] }], sudo: false, kept: 'k' }
    await expect(readyHostsOp.run({ ...input, ssh: hosts }, ctx)).rejects.toMatchObject({
      exit: 69,
      findings: [{ id: 'tool.ssh.missing', fix: 'Type: apt-get install openssh-client' }],
    })
  })

  it('are tested with a real sshd', context => {
    if (why) return context.skip(why)
    expect(readdirSync(ssh.bin)).toEqual(['ssh'])
  })
})
