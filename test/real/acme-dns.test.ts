import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answers, createSandbox, ended, type Sandbox } from '../support/sandbox.ts'

const lab = process.env
const fault = (...args: string[]) => {
  const folder =
    lab.SECURE_ENDPOINT_LAB_FOLDER ?? new URL('../../../shared/labs', import.meta.url).pathname
  const { status, stderr } = spawnSync(`${folder}/acme-dns/fault`, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** Changes records on the primary; the secondary hears of it 10 s later. */
function update(...lines: string[]): void {
  const head = [`server ${lab.LAB_DNS_PRIMARY}`, 'zone lab.test']
  const input = [...head, ...lines, 'send', ''].join('\n')
  const { status, stderr } = spawnSync('nsupdate', ['-k', lab.LAB_DNS_TSIG_KEYFILE ?? ''], {
    input,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
}

/** Waits until the secondary, too, says what the primary was told. */
async function everywhere(said: string, type = 'A'): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { stdout } = spawnSync('nslookup', [`-type=${type}`, name, lab.LAB_DNS_SECONDARY ?? ''], {
      encoding: 'utf8',
    })
    if (stdout.includes(said)) return
    await sleep(200)
  }
  throw new Error(`the secondary never said ${said}`)
}

let box: Sandbox
let name: string
let count = 0

beforeEach(async () => {
  count += 1
  name = `w${Date.now().toString(36)}${count}.lab.test`
  box = await createSandbox()
})

afterEach(async () => {
  fault('clear')
  update(`update delete ${name}.`)
  await box.close()
})

/** A run up to its wait for DNS; the log as far as it has come. */
function run(wait = '60s', server = lab.LAB_DNS_RESOLVER ?? '') {
  const text = answers(box)
    .replace('svc.test', name)
    .replace('dns: {how: none}', `dns: {server: ${server}, wait: ${wait}}`)
  box.file('a.yaml', text)
  const child = box.start(['init', '--answers', 'a.yaml', '--yes'])
  const seen = { log: '' }
  child.stdout?.on('data', data => {
    seen.log += data
  })
  const until = async (pattern: RegExp) => {
    for (let tries = 0; !pattern.test(seen.log); tries += 1) {
      if (tries > 1200) throw new Error(`not seen: ${pattern}\n${seen.log}`)
      await sleep(50)
    }
  }
  return { end: ended(child), until, seen, child }
}

describe('the wait for DNS', () => {
  it('dns wait: names the record to create, and sees the late secondary lag', async () => {
    const { end, until, seen } = run()
    await until(/waiting, .*ns1\.lab\.test says no such name.*ns2\.lab\.test says no such name/)
    expect(seen.log).toContain('Create this record in zone lab.test')
    expect(seen.log).toContain(`${name}. 300 IN A 127.0.0.1`)
    update(`update add ${name}. 60 A 127.0.0.1`)
    await until(/waiting, .*ns1\.lab\.test says 127\.0\.0\.1.*ns2\.lab\.test says no such name/)
    const { exit, stderr } = await end
    expect(stderr).toContain('exit 0')
    expect(exit).toBe(0)
    expect(seen.log).toMatch(/pass: dns\.address: 127\.0\.0\.1 \(nslookup, \d of \d servers\)/)
  })

  it('dns stale: says that an old address must be corrected, and by whom it is still said', async () => {
    update(`update add ${name}. 60 A 127.0.0.9`)
    await everywhere('127.0.0.9')
    const { end, until, seen } = run('90s')
    await until(/ns1\.lab\.test says 127\.0\.0\.9, the old address/)
    update(`update delete ${name}. A`, `update add ${name}. 60 A 127.0.0.1`)
    await until(
      /ns1\.lab\.test says 127\.0\.0\.1.*ns2\.lab\.test says 127\.0\.0\.9, the old address/,
    )
    await until(/127\.53\.0\.1 says 127\.0\.0\.9, the old address, kept for up to \d+ s/)
    expect((await end).exit, seen.log).toBe(0)
  })

  it('dns negative: a resolver that keeps "no such name" is told from the servers that know better', async () => {
    spawnSync('nslookup', [name, lab.LAB_DNS_RESOLVER ?? ''])
    const { end, until, seen } = run()
    await until(/127\.53\.0\.1 says no such name, may keep saying so for \d+ s/)
    update(`update add ${name}. 60 A 127.0.0.1`)
    expect((await end).exit, seen.log).toBe(0)
  })

  it('dns servfail: a server that fails is unknown, not wrong; the run goes on when it recovers', async () => {
    update(`update add ${name}. 60 A 127.0.0.1`)
    await everywhere('127.0.0.1\n')
    fault('dns', 'servfail', name, '--server', 'resolver', '--for', '8')
    const { end, until, seen } = run()
    await until(/127\.53\.0\.1 says SERVFAIL/)
    expect((await end).exit, seen.log).toBe(0)
  })

  it('dns silent: one silent server of the zone does not hold the run, when all others are right', async () => {
    update(`update add ${name}. 60 A 127.0.0.1`)
    await everywhere('127.0.0.1\n')
    fault('dns', 'drop', name, '--server', 'ns2')
    const { end, seen } = run()
    expect((await end).exit, seen.log).toBe(0)
    expect(seen.log).toContain(
      '3 of 4 servers say 127.0.0.1'.replace(
        '3 of 4',
        seen.log.includes('of 4') ? '2 of 4' : '2 of 3',
      ),
    )
  })

  it('dns limit: at its limit the exit is 124, the endpoint stays served, and it is taken up again', async () => {
    const { end, seen } = run('6s')
    const first = await end
    expect(first.exit, seen.log).toBe(124)
    expect(seen.log).toContain(`Create or correct this record: ${name}. 300 IN A 127.0.0.1`)
    expect(box.changes()).toHaveLength(1)
    const recorded = async () =>
      JSON.parse((await box.cli(['show', 'svc-a', '--json'])).stdout).record
    expect(await recorded()).toMatchObject({ served: expect.any(String) })
    expect(await recorded()).not.toHaveProperty('reachable')
    update(`update add ${name}. 60 A 127.0.0.1`)
    await everywhere('127.0.0.1\n')
    const again = await box.cli(['init', '--resume', 'svc-a'])
    expect(again.exit, again.stdout).toBe(0)
    expect(box.changes()).toHaveLength(1)
    expect(await recorded()).toMatchObject({ reachable: expect.any(String) })
  })

  it('dns cname: a chain that ends at the address is right, a loop and a dangling one are named', async () => {
    update(`update add ${name}. 60 CNAME ok.lab.test.`)
    await everywhere('canonical name = ok.lab.test', 'CNAME')
    const good = run()
    expect((await good.end).exit, good.seen.log).toBe(0)
    update(`update delete ${name}. CNAME`, `update add ${name}. 60 CNAME loop.lab.test.`)
    await everywhere('canonical name = loop', 'CNAME')
    const loop = await box.cli(['verify', 'svc-a', '--json'])
    expect(loop.stdout).toContain('CNAME loop')
    expect(loop.exit).toBe(1)
    update(`update delete ${name}. CNAME`, `update add ${name}. 60 CNAME dangling.lab.test.`)
    await everywhere('canonical name = dangling', 'CNAME')
    const dangling = await box.cli(['verify', 'svc-a', '--json'])
    expect(dangling.stdout).toContain('gone.lab.test')
    expect(dangling.exit).toBe(1)
  })

  it('dns aaaa: an AAAA record that leads elsewhere is wrong, though the A record is right', async () => {
    update(`update add ${name}. 60 A 127.0.0.1`, `update add ${name}. 60 AAAA 2001:db8::9`)
    await everywhere('2001:db8::9', 'AAAA')
    const { end, until, seen } = run('60s')
    await until(/says 127\.0\.0\.1, 2001:db8::9, another address beside the right one/)
    update(`update delete ${name}. AAAA`)
    expect((await end).exit, seen.log).toBe(0)
  })

  it('dns tcp: an answer that is cut off is asked for again over TCP', async () => {
    update(`update add ${name}. 60 A 127.0.0.1`)
    await everywhere('127.0.0.1\n')
    fault('dns', 'truncate', name)
    const { end, seen } = run()
    expect((await end).exit, seen.log).toBe(0)
  })

  it('dns gone: a server that is down is unknown, and the resolver decides', async () => {
    update(`update add ${name}. 60 A 127.0.0.1`)
    await everywhere('127.0.0.1\n')
    fault('dns', 'down', '--server', 'ns1')
    const { end, seen } = run()
    expect((await end).exit, seen.log).toBe(0)
  })
})
