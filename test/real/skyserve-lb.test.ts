import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setLabRecord, withLabResolver } from '../support/lab-dns.ts'
import { type Pty, startPty } from '../support/pty.ts'
import { createSandbox, type Ended, ended, type Sandbox } from '../support/sandbox.ts'

const bin =
  process.env.SE_BIN ?? fileURLToPath(new URL('../../bin/secure-endpoint.cjs', import.meta.url))
const id = process.pid.toString(36)
const domain = `lb-${id}.${process.env.LAB_DNS_ZONE}`

let box: Sandbox

beforeAll(async () => {
  box = await createSandbox()
  box.env.SKYSERVE_LAB = process.env.SKYSERVE_LAB ?? ''
  box.setDouble(state => Object.assign(state, { lb: process.env.SKYSERVE_LAB_LB }))
})

afterAll(async () => {
  setLabRecord(domain)
  await box.close()
})

interface Size {
  columns: number
  rows: number
}

function start(args: string[], size: Size): Pty {
  const [command = '', ...rest] = withLabResolver(box.folder, [process.execPath, bin, ...args])
  return startPty(command, rest, { ...size, cwd: box.folder, env: box.env, waitMs: 120_000 })
}

/** A scripted call on a machine that asks the lab's resolver. */
function cli(args: string[]): Promise<Ended> {
  const [command = '', ...rest] = withLabResolver(box.folder, [process.execPath, bin, ...args])
  return ended(
    spawn(command, rest, { cwd: box.folder, env: box.env, stdio: ['ignore', 'pipe', 'pipe'] }),
  )
}

/** The drawn wizard up to its review. */
async function toReview(pty: Pty, service: string, others: boolean): Promise<string> {
  await pty.waitFor('Domain: ▏')
  pty.type(`${domain}\r`)
  await pty.waitFor('❯ 1 Self-signed')
  pty.press('enter')
  await pty.waitFor('❯ 1 A local CA')
  pty.press('enter')
  await pty.waitFor('❯ 1 SkyServe service')
  pty.press('enter')
  await pty.waitFor('Which service?')
  if (others) {
    await pty.waitFor(/\d Another one/)
    const number = /(\d) Another one/.exec(pty.text())?.[1] ?? ''
    pty.type(number)
    await pty.waitFor(`❯ ${number} Another one`)
    pty.press('enter')
  }
  await pty.waitFor('Service: ▏')
  pty.type(`${service}\r`)
  await pty.waitFor('❯ ./service.yaml')
  pty.press('enter')
  await pty.waitFor('Shall this run?')
  return digestIn(pty)
}

/** The wizard line by line up to its review. */
async function toPlainReview(pty: Pty, service: string): Promise<string> {
  const answer = async (question: string, text: string) => {
    await pty.waitFor(() => {
      const [, after] = pty.text().split(question)
      return after !== undefined && /or back: *$/.test(after)
    })
    pty.type(`${text}\r`)
  }
  await answer('Which name will clients use', domain)
  await answer('Where does the certificate come from?', '1')
  await answer('Who signs the self-signed certificate?', '1')
  await answer('Where does the endpoint run?', 'skyserve')
  await answer('Which service?', service)
  await answer('Which file is the service YAML?', '1')
  await pty.waitFor('Shall this run?')
  return digestIn(pty)
}

function digestIn(pty: Pty): string {
  return / plan ([0-9a-f]{8})/.exec(pty.all().join('\n'))?.[1] ?? 'no plan is shown'
}

async function digestOf(file: string): Promise<string> {
  const { stdout, exit, stderr } = await box.cli(['plan', '--answers', file, '--json'])
  expect(exit, stderr).toBe(0)
  return JSON.parse(stdout).digest.slice(0, 8)
}

interface Seen {
  name: string
  leaf?: { fingerprint: string }
  served?: { fingerprint?: string }
  alerts: string[]
}

/** What is recorded of an endpoint, and what a look at it finds now. */
async function statusOf(service: string): Promise<Seen> {
  const { stdout } = await cli(['status', service, '--once', '--json'])
  return JSON.parse(stdout).endpoints[0]
}

describe('a SkyServe service behind the real load balancer', () => {
  it('wizard: three ways in, one plan', async () => {
    const wide = { columns: 80, rows: 24 }
    const drawn = start(['init'], wide)
    const digest = await toReview(drawn, 'lb-a', false)
    expect(digest).toMatch(/^[0-9a-f]{8}$/)
    drawn.type('4')
    await drawn.waitFor('❯ 4 Save the answers and leave')
    drawn.press('enter')
    expect(await drawn.ended).toBe(0)
    expect(existsSync(join(box.folder, 'lb-a.yaml'))).toBe(true)

    const narrow = start(['init'], { columns: 40, rows: 12 })
    expect(await toReview(narrow, 'lb-a', false)).toBe(digest)
    narrow.press('ctrlC')
    expect(await narrow.ended).toBe(130)

    const plain = start(['init', '--plain'], wide)
    expect(await toPlainReview(plain, 'lb-a')).toBe(digest)
    plain.press('ctrlC')
    expect(await plain.ended).toBe(130)

    expect(await digestOf('lb-a.yaml')).toBe(digest)
    expect(box.changes()).toEqual([])
  })

  const sizes = [
    { service: 'lb-a', columns: 80, rows: 24, others: false },
    { service: 'lb-b', columns: 40, rows: 12, others: true },
  ]
  for (const { service, others, ...size } of sizes) {
    it(`enable: at ${size.columns}x${size.rows}, from the first question to the status screen`, async () => {
      setLabRecord(domain)
      const pty = start(['init'], size)
      await toReview(pty, service, others)
      pty.press('enter')
      await pty.waitFor('Wait for the DNS')
      await pty.waitFor('no such name')
      setLabRecord(domain, '127.0.0.1')
      await pty.waitFor('r look now')
      await pty.waitFor(/alerts +none/)
      const { leaf } = await statusOf(service)
      expect(pty.text()).toMatch(new RegExp(`leaf +${leaf?.fingerprint.slice(0, 11)}`))
      pty.type('q')
      expect(await pty.ended).toBe(0)
      const all = pty.all().join('\n')
      expect(all).toContain('dns.address')
      expect(all).toContain('http.answers')
      expect(Math.max(...pty.all().map(line => line.length))).toBeLessThanOrEqual(size.columns)
    })
  }

  it('enable: line by line, with --plain', async () => {
    setLabRecord(domain, '127.0.0.1')
    const pty = start(['init', '--plain'], { columns: 80, rows: 24 })
    await toPlainReview(pty, 'lb-c')
    pty.type('1\r')
    expect(await pty.ended).toBe(0)
    expect(pty.written()).not.toContain('\u001b[2J')
    expect(pty.all().join('\n')).toContain('lb-c is served over HTTPS, proven')
  })

  it('rotate: in place, the new leaf is served; disable: HTTP answers and TLS does not', async () => {
    const before = await statusOf('lb-a')
    expect(before).toMatchObject({ alerts: [] })
    const rotated = await cli(['rotate', 'lb-a', '--yes'])
    expect(rotated.exit, rotated.stderr).toBe(0)
    const after = await statusOf('lb-a')
    expect(after.leaf?.fingerprint).not.toBe(before.leaf?.fingerprint)
    expect(after.served?.fingerprint).toBe(after.leaf?.fingerprint)
    const disabled = await cli(['disable', 'lb-a', '--yes'])
    expect(disabled.exit, disabled.stderr).toBe(0)
    expect(disabled.stdout).toContain('proven')
  })
})
