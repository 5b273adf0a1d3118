import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startHttpService } from '../support/http-service.ts'
import { answers, createSandbox, type Sandbox, serviceYaml } from '../support/sandbox.ts'

let box: Sandbox

beforeEach(async () => {
  box = await createSandbox()
})

afterEach(() => box.close())

async function enable(more?: Parameters<typeof answers>[1]) {
  box.file('a.yaml', answers(box, more))
  return box.cli(['init', '--answers', 'a.yaml', '--yes'])
}

describe('a SkyServe service', () => {
  it('goes from nothing to proven HTTPS, and a second run changes nothing', async () => {
    const first = await enable()
    expect(first.stderr).toContain('svc-a is served over HTTPS, proven')
    expect(first.exit).toBe(0)
    expect(box.double().services['svc-a']).toMatchObject({ status: 'STARTED', tls: true })
    expect(box.changes()).toHaveLength(1)
    const again = await enable()
    expect(again.exit).toBe(0)
    expect(again.stdout).toContain('already so: Start it with TLS')
    expect(again.stderr).not.toContain('Price')
    expect(box.changes()).toHaveLength(1)
  })

  it("goes from HTTP to HTTPS in place, keeps the YAML that it found, and leaves the user's own alone", async () => {
    await startHttpService(box)
    const run = await enable()
    expect(run.exit).toBe(0)
    expect(box.changes().map(([, verb]) => verb)).toEqual(['up', 'down', 'up'])
    expect(readFileSync(join(box.folder, 'service.yaml'), 'utf8')).toBe(serviceYaml)
    const record = join(box.state, 'endpoints/svc-a')
    expect(readFileSync(join(record, 'generations/0/service.yaml'), 'utf8')).toContain(
      'readiness_probe',
    )
    const rendered = readFileSync(join(record, 'generations/1/service.yaml'), 'utf8')
    expect(rendered).toContain('# my service')
    expect(rendered).toContain('readiness_probe: /   # root')
    expect(statSync(join(record, 'generations/1/key.pem')).mode & 0o777).toBe(0o600)
    expect(existsSync(join(record, 'plan.json'))).toBe(false)
  })

  it('is rotated in place, the certificate before comes back, and it goes back to HTTP', async () => {
    await enable()
    const before = leafOf(1)
    const rotated = await box.cli(['rotate', 'svc-a', '--yes'])
    expect(rotated.exit).toBe(0)
    expect(leafOf(2)).not.toBe(before)
    expect(current()).toBe('2')
    const undone = await box.cli(['rotate', 'svc-a', '--undo', '--yes'])
    expect(undone.exit).toBe(0)
    expect(current()).toBe('1')
    const status = JSON.parse((await box.cli(['status', '--once', '--json'])).stdout)
    expect(status.endpoints[0].served.fingerprint).toBe(before)
    const disabled = await box.cli(['disable', 'svc-a', '--yes'])
    expect(disabled.stderr).toContain('svc-a is served over HTTP, proven')
    expect(disabled.exit).toBe(0)
    expect(box.double().services['svc-a']).toMatchObject({ tls: false })
    expect((await enable()).exit).toBe(0)
    expect(box.double().services['svc-a']).toMatchObject({ tls: true })
  })

  it('is rotated beside itself: the old one runs on until somebody says that the clients have moved', async () => {
    await enable()
    const run = await box.cli(['rotate', 'svc-a', '--switch', 'blue-green', '--yes'])
    expect(run.exit).toBe(0)
    expect(run.stdout).toContain('skipped: Wait until the clients have moved')
    expect(Object.keys(box.double().services).sort()).toEqual(['svc-a', 'svc-a-2'])
    expect(box.changes().map(([, verb]) => verb)).toEqual(['up', 'up'])
    const shown = JSON.parse((await box.cli(['show', 'svc-a', '--json'])).stdout)
    expect(shown.record.live.service).toBe('svc-a-2')
  })
})

function leafOf(generation: number): string {
  const path = join(box.state, `endpoints/svc-a/generations/${generation}/meta.json`)
  return JSON.parse(readFileSync(path, 'utf8')).leaf.fingerprint
}

function current(): string {
  return readFileSync(join(box.state, 'endpoints/svc-a/current'), 'utf8').trim()
}
