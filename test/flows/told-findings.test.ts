import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { make } from '../support/certificates.ts'
import { startHttpService } from '../support/http-service.ts'
import { startPty } from '../support/pty.ts'
import { answers, createSandbox, type Sandbox } from '../support/sandbox.ts'

const warning = 'Other users of this machine can read the key.'
const note = 'Only clients that trust Example Root CA accept it.'
const bin = new URL('../../bin/secure-endpoint.cjs', import.meta.url).pathname

let box: Sandbox

beforeAll(async () => {
  box = await createSandbox()
  await startHttpService(box)
  const at = Date.now()
  const root = make({ ca: true, cn: 'Example Root CA', at })
  const leaf = make({ names: ['svc.test'], issuer: root, key: 'rsa2048', at })
  box.file('root.pem', root.pem)
  box.file('chain.pem', leaf.pem)
  box.file('key.pem', leaf.keyPem)
  const files = 'chain: ./chain.pem, key: ./key.pem, roots: ./root.pem'
  box.file('a.yaml', answers(box, { certificate: `{source: uploaded, ${files}}` }))
}, 60_000)

afterAll(() => box.close())

describe('what the checks have found and let pass', () => {
  it('stands in the plan, as text and as JSON, outside its digest', async () => {
    const text = await box.cli(['plan', '--answers', 'a.yaml'])
    expect(text.stdout).toContain(`  Note         – ${note}  cert.root-private\n    seen       `)
    const json = JSON.parse((await box.cli(['plan', '--answers', 'a.yaml', '--json'])).stdout)
    expect(json.findings).toMatchObject([
      { id: 'cert.key-readable', severity: 'warns' },
      { id: 'cert.root-private', severity: 'notes' },
    ])
    expect(JSON.stringify(json.steps)).not.toContain('cert.root-private')
  })

  it.each([
    { columns: 80, rows: 24, flags: [], seen: [warning, note] },
    { columns: 40, rows: 12, flags: [], seen: ['Warning ▲ Other users of this machine can'] },
    { columns: 80, rows: 24, flags: ['--plain'], seen: [warning, note] },
  ])('is on the screen before anybody agrees: %o', async ({ columns, rows, flags, seen }) => {
    const before = box.changes()
    const args = [bin, 'init', '--answers', 'a.yaml', ...flags]
    const pty = startPty(process.execPath, args, { columns, rows, cwd: box.folder, env: box.env })
    await pty.waitFor('Shall this run?')
    const shown = pty.all().join(' ').replace(/\s+/g, ' ')
    for (const each of seen) expect(shown).toContain(each.replace(/\s+/g, ' '))
    pty.press('ctrlC')
    await pty.ended
    expect(box.changes()).toEqual(before)
  })

  it('is told by a run that nobody watches, also where nobody has agreed', async () => {
    const refused = await box.cli(['init', '--answers', 'a.yaml'])
    expect(refused.exit).toBe(2)
    expect(refused.stderr).toContain(note)
    const json = await box.cli(['init', '--answers', 'a.yaml', '--yes', '--json'])
    expect(json.exit, json.stdout).toBe(0)
    const events = json.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(events.slice(1, 3)).toMatchObject([
      { seq: 2, type: 'finding', id: 'cert.key-readable', severity: 'warns' },
      { seq: 3, type: 'finding', id: 'cert.root-private', severity: 'notes' },
    ])
    const journal = readFileSync(join(box.state, 'endpoints/svc-a/journal.ndjson'), 'utf8')
    expect(journal).toContain('"cert.root-private"')
    const log = await box.cli(['init', '--answers', 'a.yaml', '--yes'])
    expect(log.stdout).toMatch(/\d\d:\d\d:\d\d notes: cert\.root-private: Only clients that trust/)
    expect(log.stderr).toContain(`– ${note}`)
  })
})
