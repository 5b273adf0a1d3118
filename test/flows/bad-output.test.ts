import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { make } from '../support/certificates.ts'
import { escapes, fail, fault, say, withService } from '../support/faults.ts'

const command = ['init', '--answers', 'a.yaml', '--yes', '--json']

describe.concurrent('what a tool or the API server says', () => {
  /** All that could act on a terminal, or turn what is read. */
  const harmful = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]/u

  it('does nothing to a terminal, a log or the journal', async () => {
    await withService(async box => {
      const api = box.double().url
      const version = `0.14.1${escapes}`
      const info = { client: { version }, server: { url: api, status: 'healthy' } }
      fault(box, {
        'api info': say(JSON.stringify(info)),
        'check -o': say(
          `{"default": {"Slurm": ["${escapes.trim().replace(/[\x00-\x1f]/g, '')}"]}}`,
        ),
        'serve up': { ...fail(`ValueError: ${escapes}\r\u001b[2K\u001b[1Aall is well`), times: 1 },
      })
      const command = ['init', '--answers', 'a.yaml', '--yes']
      const people = await box.cli(command)
      const scripts = await box.cli([...command, '--json'])
      expect([people.exit, scripts.exit]).toEqual([1, 0])
      expect(people.stdout).toContain('all is well')
      const kept = readFileSync(join(box.state, 'endpoints/svc-a/journal.ndjson'), 'utf8')
      const later = await Promise.all(
        [['show', 'svc-a'], ['status', '--once'], ['list']].map(args => box.cli(args)),
      )
      const all = [people, scripts, ...later].flatMap(each => [each.stdout, each.stderr])
      for (const text of [...all, kept]) {
        expect(text).not.toMatch(harmful)
        // nor once a reader has parsed it
        expect(text).not.toMatch(/(?<!\\)\\u(00[01]|20[26])/)
      }
    })
  })

  it('shows no line of a private key that is not ours either, told line by line or as a tail', async () => {
    await withService(async box => {
      const { keyPem } = make({ key: 'rsa2048' })
      fault(box, { 'serve down': { ...fail(`could not read:\n${keyPem}`), times: 1 } })
      const people = await box.cli(['init', '--answers', 'a.yaml', '--yes'])
      fault(box, { 'serve down': { ...fail(`could not read:\n${keyPem}`), times: 1 } })
      const scripts = await box.cli([...command, '--abandon'])
      expect([people.exit, scripts.exit]).toEqual([1, 1])
      const kept = readFileSync(join(box.state, 'endpoints/svc-a/journal.ndjson'), 'utf8')
      const lines = keyPem.split('\n').filter(line => /^[\w+/=]+$/.test(line))
      expect(lines.at(-1)?.length).toBeLessThan(64)
      for (const text of [kept, ...[people, scripts].flatMap(each => [each.stdout, each.stderr])])
        expect(lines.filter(line => text.includes(line))).toEqual([])
      expect(people.stdout).toContain('could not read')
    })
  })

  it('stays what it is where a service has a hostile name', async () => {
    await withService(async box => {
      const name = `x${escapes.trim()}`
      box.setDouble(state => {
        state.services[name] = { status: `READY${escapes}`, tls: false, url: 'http://localhost:9' }
      })
      const { exit, stdout, stderr } = await box.cli(command)
      expect([exit, stdout + stderr]).toEqual([0, expect.not.stringMatching(harmful)])
      expect(box.double().services[name]).toBeDefined()
    })
  })
})
