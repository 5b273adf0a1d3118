import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Performing } from '../../../src/plan/op.ts'
import type { Json } from '../../../src/plan/plan.ts'
import { recordPaths } from '../../../src/record/paths.ts'
import { unfinishedOf } from '../../../src/road/resume.ts'
import { placeByHandOp, placedByHandOp } from '../../../src/targets/aistore/by-hand/ops-by-hand.ts'
import { flowOf, usualAnswers } from '../../support/aistore-flow.ts'
import { make } from '../../support/certificates.ts'
import { fakeWorld } from '../../support/play.ts'
import { nobody } from '../../support/sandbox.ts'
import { createScratch, isThere } from '../../support/scratch.ts'

const at = Date.now()
const root = make({ ca: true, cn: 'Private CA', at })
const leaf = make({ names: ['ais.lab.test'], issuer: root, at })
const other = make({ names: ['ais.lab.test'], issuer: root, at })
const program = new URL('../../../templates/aistore/check-files.sh', import.meta.url).pathname

type Wait = Parameters<Performing['wait']>[0]

/** A pair on record, and hosts that only a person reaches; each is a folder of its own in the end. */
function byHand({
  hosts = ['10.0.0.5', '10.0.0.6'],
  wait,
}: {
  hosts?: string[]
  wait?: (state: Wait) => 'look' | 'leave'
} = {}) {
  const { folder, file } = createScratch(onTestFinished)
  chmodSync(folder, 0o755)
  const on = (name: string) => join(folder, 'node', name)
  file('node/.here', '')
  const paths = { certFile: on('server.crt'), keyFile: on('server.key'), caFile: on('ca.crt') }
  const input: Record<string, Json> = {
    chain: file('chain.pem', leaf.pem),
    key: file('key.pem', leaf.keyPem),
    roots: file('roots.pem', root.pem),
    ...paths,
    named: true,
    hosts: hosts.map((to, index) => ({ to, nodes: [`t${index + 1}`] })),
    said: 'placed.txt',
  }
  const said = join(folder, 'placed.txt')
  const ctx = {
    world: fakeWorld(),
    userFolder: folder,
    record: { paths: recordPaths(folder, 'ais'), generation: 1, run: 'r1' },
    ...(wait ? { ask: async () => true, wait: async (state: Wait) => wait(state) } : {}),
  } as unknown as Performing
  const put = () => {
    writeFileSync(paths.keyFile, leaf.keyPem, { mode: 0o600 })
    writeFileSync(paths.caFile, root.pem)
    writeFileSync(paths.certFile, leaf.pem)
  }
  /** What the check says there of that host, as somebody. */
  const check = (host: string, uid?: number, env: NodeJS.ProcessEnv = process.env) => {
    const { certFile, keyFile, caFile } = paths
    const options = { encoding: 'utf8' as const, env, ...(uid === undefined ? {} : { uid }) }
    return spawnSync('sh', [program, host, certFile, keyFile, caFile], options).stdout
  }
  return { input, ctx, said, paths, put, check }
}

/** Programs by which no aisnode is seen to run, whatever else runs on this machine. */
function withoutNodes() {
  const scratch = createScratch(onTestFinished)
  chmodSync(scratch.folder, 0o755)
  scratch.tool('grep', `[ "$1" != -lsx ] || exit 1; PATH=\${PATH#*:} exec grep "$@"`)
  return scratch
}

/** A host with doubles of what is typed to reach it and to change users there; its home is a folder. */
function hostOf(host: string, { sudo = ':' } = {}) {
  const { folder, env, file, tool } = withoutNodes()
  const home = join(folder, 'home')
  mkdirSync(home)
  file('home/key.pem', 'of somebody\n', 0o644)
  // nothing of a test goes out
  tool('scp', 'exit 1')
  tool(
    'ssh',
    `[ "$1" != -t ] || shift; umask 022; cd '${home}' && [ "$2" = '${host}' ] && exec sh -c "$3"`,
  )
  tool(
    'sudo',
    `stat -c %a .secure-endpoint-* >>'${folder}/modes' 2>/dev/null; ${sudo}
[ "$1" = -u ] || exec "$@"; as=\${2#?}; shift 2; [ "$as" != "$(id -u)" ] || exec "$@"
exec setpriv --reuid "$as" --clear-groups "$@"`,
  )
  const type = (command = 'false') =>
    spawnSync('bash', ['-c', command], { env, encoding: 'utf8', cwd: folder })
  /** What lies in that home in the end, and the modes that the folder with the copies had. */
  const left = () => ({
    files: readdirSync(home),
    own: readFileSync(join(home, 'key.pem'), 'utf8'),
    modes: [...new Set(readFileSync(join(folder, 'modes'), 'utf8').split('\n').filter(Boolean))],
  })
  return { type, left }
}

describe('files that a person puts onto the nodes', () => {
  it('are believed by nobody: without a check the run stops with 75 and the commands for each host', async () => {
    const { input, ctx, said } = byHand()
    expect(await placedByHandOp.run(input, ctx)).toEqual({
      placed: false,
      seen: 'checked on 0 of 2 hosts',
    })
    const refused = await placeByHandOp.run(input, ctx).catch(error => error)
    expect(refused).toMatchObject({
      exit: 75,
      findings: [{ id: 'aistore.by-hand', subject: '10.0.0.5, 10.0.0.6' }],
    })
    const [{ evidence, fix }] = refused.findings
    for (const host of ['10.0.0.5', '10.0.0.6']) {
      expect(evidence).toContain(
        `tar -cf - -C ${dirname(said)} key.pem roots.pem chain.pem -C ${dirname(program)} check-files.sh | ssh -- ${host} 'umask 077; `,
      )
      expect(evidence).toContain(`ssh -t -- ${host} `)
    }
    const [key, cert] = ['server.key.new', 'server.crt.new'].map(each =>
      evidence.indexOf(`${each} && sudo mv`),
    )
    expect(evidence).toMatch(/-m 0600 \.secure-endpoint-[0-9a-f]{12}\/key\.pem /)
    expect(key).toBeGreaterThan(0)
    expect(cert).toBeGreaterThan(key)
    expect(fix).toContain(said)
    expect(evidence + fix).not.toContain('PRIVATE KEY')
  })

  it('are waited for: each host until its check says that all is right, and what is wrong is named', async () => {
    const seen: Wait[] = []
    const turns: (() => void)[] = []
    const { input, ctx, said, put, check, paths } = byHand({
      wait(state) {
        seen.push(state)
        turns.shift()?.()
        return 'look'
      },
    })
    turns.push(
      () => appendFileSync(said, check('10.0.0.5')),
      () => {
        put()
        appendFileSync(said, `chatter\n${check('10.0.0.5').trim()}\r\n`)
      },
      () => {
        writeFileSync(paths.keyFile, other.keyPem)
        appendFileSync(said, check('10.0.0.6'))
      },
      () => {
        put()
        appendFileSync(said, check('10.0.0.6'))
      },
    )
    expect(await placeByHandOp.run(input, ctx)).toMatchObject({ placed: true })
    const rows = seen.map(each =>
      (each.seen as { state: string; note?: string }[]).map(row => row.state),
    )
    expect(rows).toEqual([
      ['absent', 'absent'],
      ['wrong', 'absent'],
      ['right', 'absent'],
      ['right', 'wrong'],
    ])
    expect(seen[0]?.manual?.copy).toContain('ssh -t -- 10.0.0.5 ')
    expect(seen[1]?.manual?.text.at(-1)).toContain(`${paths.keyFile} is not there`)
    expect(seen[2]?.manual?.copy).toContain('ssh -t -- 10.0.0.6 ')
    expect(seen[3]?.manual?.text.at(-1)).toContain(
      `${paths.keyFile} is the key of another certificate`,
    )
    expect(await placedByHandOp.run(input, ctx)).toMatchObject({ placed: true })
  })

  it.each([
    [
      'a certificate that is missing',
      ({ certFile }: Paths) => rmSync(certFile),
      'server.crt is not there',
    ],
    [
      'another certificate',
      ({ certFile }: Paths) => writeFileSync(certFile, other.pem),
      'server.crt is another certificate',
    ],
    [
      'a key that is none',
      ({ keyFile }: Paths) => writeFileSync(keyFile, 'no key\n'),
      'server.key is no key that aisnode can read',
    ],
    [
      'a key that others may read',
      ({ keyFile }: Paths) => chmodSync(keyFile, 0o640),
      'server.key has mode 640',
    ],
    [
      'other roots',
      ({ caFile }: Paths) => writeFileSync(caFile, other.pem),
      'ca.crt holds other roots',
    ],
    [
      'another order of words',
      (_: Paths, said: string) => writeFileSync(said, 'secure-endpoint-check 10.0.0.5 \u001b[2J'),
      'not checked yet',
    ],
  ])('are refused with %s', async (_name, spoil, words) => {
    const { input, ctx, said, put, check, paths } = byHand({ hosts: ['10.0.0.5'] })
    put()
    writeFileSync(said, check('10.0.0.5'))
    expect(await placedByHandOp.run(input, ctx)).toMatchObject({ placed: true })
    spoil(paths, said)
    if (words !== 'not checked yet') appendFileSync(said, check('10.0.0.5'))
    await expect(placeByHandOp.run(input, ctx)).rejects.toMatchObject({
      exit: 75,
      findings: [{ evidence: expect.stringContaining(words) }],
    })
  })

  it.skipIf(nobody.uid === undefined)(
    'are refused where the user of aisnode cannot read the key, or somebody else has looked',
    async () => {
      const { input, ctx, said, paths, put, check } = byHand({ hosts: ['10.0.0.5'] })
      put()
      const { env, file } = withoutNodes()
      const aisnode = file('aisnode', '')
      copyFileSync('/bin/sleep', aisnode)
      chmodSync(aisnode, 0o755)
      writeFileSync(said, check('10.0.0.5', nobody.uid, env))
      const why = async () =>
        (await placeByHandOp.run(input, ctx).catch(error => error)).findings[0].evidence
      expect(await why()).toContain('no aisnode runs there: run the check as the owner of ')
      appendFileSync(said, check('10.0.0.5', nobody.uid, env).replace('as=nobody', 'as=reader'))
      expect(await why()).toContain('server.key cannot be read by the user of aisnode')
      chownSync(paths.keyFile, nobody.uid ?? 0, 0)
      appendFileSync(said, check('10.0.0.5', undefined, env))
      expect(await why()).toContain('no aisnode runs there: run the check as the owner of ')
      appendFileSync(said, check('10.0.0.5', nobody.uid, env))
      expect(await placedByHandOp.run(input, ctx)).toMatchObject({ placed: true })
      const node = spawn(aisnode, ['60'], { stdio: 'ignore' })
      onTestFinished(() => void node.kill())
      while (!readFileSync(`/proc/${node.pid}/comm`, 'utf8').startsWith('aisnode'))
        await new Promise(setImmediate)
      appendFileSync(said, check('10.0.0.5', nobody.uid))
      expect(await why()).toContain('run the check as the user that runs aisnode there: 0')
    },
  )

  it.each(['10.0.0.5', '127.0.0.1'])(
    'are put onto %s by the very command that is shown, and checked',
    async host => {
      const { type, left } = hostOf(host)
      const { input, ctx, said, paths } = byHand({
        hosts: [host],
        wait({ manual }) {
          const ran = type(manual?.copy)
          expect([ran.status, ran.stderr]).toEqual([0, ''])
          return 'look'
        },
      })
      expect(await placeByHandOp.run(input, ctx)).toMatchObject({ placed: true })
      expect(statSync(paths.keyFile).mode & 0o777).toBe(0o600)
      expect(readFileSync(said, 'utf8')).toContain(`secure-endpoint-check ${host} cert=`)
      const modes = host === '127.0.0.1' ? [] : ['700']
      expect(left()).toEqual({ files: ['key.pem'], own: 'of somebody\n', modes })
    },
  )

  it.each([
    ['fails', 'exit 1'],
    ['is cut off', '[ "$1" != install ] || { kill -HUP $PPID; exit 1; }'],
  ])('leave no copy of the key behind where the command %s', async (_name, sudo) => {
    const { type, left } = hostOf('10.0.0.5', { sudo })
    const { input, ctx } = byHand({
      hosts: ['10.0.0.5'],
      wait({ manual }) {
        type(manual?.copy)
        return 'leave'
      },
    })
    await expect(placeByHandOp.run(input, ctx)).rejects.toMatchObject({ exit: 75 })
    expect(left()).toEqual({ files: ['key.pem'], own: 'of somebody\n', modes: ['700'] })
  })

  it.skipIf(nobody.uid === undefined).each([
    ['the key that lies there', (each: Paths) => each.keyFile],
    ['its folder', (each: Paths) => dirname(each.keyFile)],
  ])('are of the owner of %s where no aisnode runs, who looks at them', async (_name, owned) => {
    const { type } = hostOf('10.0.0.5')
    const { uid = 0 } = nobody
    const { input, ctx, said, paths } = byHand({
      hosts: ['10.0.0.5'],
      wait({ manual }) {
        expect(manual?.text.join(' ')).toContain('the owner of the one that is there')
        expect(type(manual?.copy).status).toBe(0)
        return 'look'
      },
    })
    writeFileSync(paths.keyFile, '')
    chownSync(owned(paths), uid, 0)
    expect(await placeByHandOp.run(input, ctx)).toMatchObject({ placed: true })
    expect(statSync(paths.keyFile)).toMatchObject({ uid })
    expect(readFileSync(said, 'utf8')).toContain(' as=owner')
  })

  it('are not put where nothing says whose they will be', async () => {
    const { type } = hostOf('10.0.0.5')
    const typed: string[] = []
    const { input, ctx, paths } = byHand({
      hosts: ['10.0.0.5'],
      wait({ manual }) {
        typed.push(type(manual?.copy).stderr)
        return 'leave'
      },
    })
    rmSync(dirname(paths.keyFile), { recursive: true })
    await expect(placeByHandOp.run(input, ctx)).rejects.toMatchObject({ exit: 75 })
    expect(typed.join()).toContain('make the folder of the key first')
    expect(existsSync(dirname(paths.keyFile))).toBe(false)
  })

  it('are looked at here where a node runs on this machine', async () => {
    const { input, ctx, put } = byHand({ hosts: ['127.0.0.1'] })
    expect(await placedByHandOp.run(input, ctx)).toMatchObject({ placed: false })
    put()
    expect(await placedByHandOp.run(input, ctx)).toMatchObject({ placed: true })
  })

  it('are of no known state once another try is begun: what an earlier run was told no longer counts', async () => {
    const typed: (string | undefined)[] = []
    const { type } = hostOf('10.0.0.5', { sudo: 'exit 1' })
    const { input, ctx, said, put, check } = byHand({
      hosts: ['10.0.0.5', '10.0.0.55'],
      wait({ manual }) {
        typed.push(manual?.copy)
        return 'leave'
      },
    })
    await expect(placeByHandOp.run(input, ctx)).rejects.toMatchObject({ exit: 75 })
    put()
    writeFileSync(said, check('10.0.0.5') + check('10.0.0.55'))
    expect(await placedByHandOp.run(input, ctx)).toMatchObject({ placed: true })
    type(typed[0])
    expect(await placedByHandOp.run(input, ctx)).toEqual({
      placed: false,
      seen: 'checked on 1 of 2 hosts',
    })
    appendFileSync(said, check('10.0.0.5'))
    expect(await placedByHandOp.run(input, ctx)).toMatchObject({ placed: true })
  })

  it('that are not on record after an adoption are asked for by name', async () => {
    const { input, ctx } = byHand()
    rmSync(String(input.key))
    await expect(placeByHandOp.run(input, ctx)).rejects.toMatchObject({
      exit: 75,
      findings: [{ title: 'The pair of before is not on this machine.' }],
    })
  })

  it('are printed with the plan for each host, and the script asks for the same check', async context => {
    const flow = await flowOf(usualAnswers().replace('place: here', 'place: manual'))
    const { outcome, events } = await flow.go('enable')
    expect(outcome).toBe('done')
    expect(JSON.stringify(events)).toContain('sudo install -D -o')
    const script = await flow.script('enable')
    expect(script).toContain('ais_place_by_hand')
    expect(script).toContain('ais_check_program() {')
    if (!isThere('shellcheck')) return context.skip('no shellcheck here')
    expect(spawnSync('shellcheck', ['-'], { input: script, encoding: 'utf8' }).stdout).toBe('')
    expect(spawnSync('shellcheck', ['-s', 'sh', program], { encoding: 'utf8' }).stdout).toBe('')
  })

  it.each([
    ['', '{source: self-signed, authority: local}'],
    [' of another root', '{source: self-signed, authority: none}'],
  ])(
    'keep a rotation%s that nobody waits for unfinished, until the same pair is there',
    async (_name, certificate) => {
      const flow = await flowOf(
        usualAnswers('', certificate).replace('place: here', 'place: manual'),
      )
      flow.leaveToPerson()
      const record = join(flow.world.stateFolder, 'endpoints/ais')
      const chain = (generation: number) =>
        readFileSync(join(record, 'generations', String(generation), 'chain.pem'), 'utf8')
      const pending = async () => (await unfinishedOf('ais', flow.world))?.generation ?? 0
      const put = (generation: number) => {
        const to = ['server.crt', 'server.key', 'ca.crt'].map(each =>
          flow.node(`/etc/ais/tls/${each}`),
        )
        mkdirSync(flow.node('/etc/ais/tls'), { recursive: true })
        for (const [index, name] of ['chain.pem', 'key.pem', 'roots.pem'].entries())
          copyFileSync(join(record, 'generations', String(generation), name), to[index] ?? '')
        const { stdout } = spawnSync('sh', [program, '127.0.0.1', ...to], { encoding: 'utf8' })
        appendFileSync(join(record, 'placed.txt'), stdout)
      }
      expect(await flow.go('enable')).toMatchObject({ exit: 75, outcome: 'failed' })
      put(await pending())
      expect(await flow.resume()).toMatchObject({ outcome: 'done' })
      const rotated = await flow.go('rotate')
      expect([rotated.exit, rotated.outcome, rotated.failed]).toEqual([
        75,
        'failed',
        ['change.files', 'aistore.by-hand'],
      ])
      const generation = await pending()
      const wanted = chain(generation)
      expect(JSON.stringify(rotated.events)).toContain(`generations/${generation}/key.pem`)
      put(generation)
      expect(await flow.resume()).toMatchObject({ outcome: 'done' })
      expect(readFileSync(join(record, 'current'), 'utf8').trim()).toBe(String(generation))
      expect(readFileSync(flow.node('/etc/ais/tls/server.crt'), 'utf8')).toBe(wanted)
      expect(chain(generation)).toBe(wanted)
    },
  )

  it('are missing in the eyes of a script until the same lines are there', () => {
    const { input, said, put, check } = byHand()
    const lib = new URL('../../../templates/aistore/by-hand.sh', import.meta.url).pathname
    const { chain, key, roots, certFile, keyFile, caFile } = input
    const args = ['10.0.0.5\n10.0.0.6', said, chain, key, roots, certFile, keyFile, caFile].map(
      String,
    )
    const missing = () =>
      spawnSync('bash', ['-c', `. '${lib}'; ais_by_hand_missing "$@"`, 'x', ...args], {
        encoding: 'utf8',
      }).stdout
    expect(missing()).toBe('10.0.0.5\n10.0.0.6\n')
    put()
    appendFileSync(said, check('10.0.0.5').replace('\n', '\r\n'))
    expect(missing()).toBe('10.0.0.6\n')
    appendFileSync(said, check('10.0.0.6'))
    expect(missing()).toBe('')
    appendFileSync(said, check('10.0.0.6').replace('mode=600', 'mode=644'))
    expect(missing()).toBe('10.0.0.6\n')
    appendFileSync(said, `${check('10.0.0.6')}secure-endpoint-begun 10.0.0.5\n`)
    expect(missing()).toBe('10.0.0.5\n')
  })
})

type Paths = ReturnType<typeof byHand>['paths']
