import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answers, ended, inSandbox, type Sandbox } from '../../support/sandbox.ts'
import { isThere } from '../../support/scratch.ts'
import {
  curl,
  currentFile,
  domain,
  init,
  limit,
  pairFiles,
  portOf,
  recordOf,
  saysReady,
  up,
  yamlFor,
  yamlWith,
} from './naive.ts'

/** The line of SkyServe's documentation, with Enter pressed at each question or with stdin closed. */
function asDocumented(box: Sandbox, typed: 'enter' | 'nothing') {
  const line = 'req -x509 -newkey rsa:2048 -days 36500 -nodes -keyout doc.key -out doc.pem'
  const child = spawn('openssl', line.split(' '), { cwd: box.folder })
  child.stdin.end(typed === 'enter' ? '\n'.repeat(7) : '')
  return ended(child)
}

const documented = { key: './doc.key', chain: './doc.pem' }
const uploaded = (pair: { key: string; chain: string }) =>
  `{source: uploaded, chain: ${pair.chain}, key: ${pair.key}, roots: ${pair.chain}}`

describe.concurrent('a pair, put in as it comes', () => {
  it('SKY-2 an empty tls section never becomes plain HTTP', limit, () =>
    inSandbox(async box => {
      const empty = yamlWith('   # to be filled in')
      const byHand = await up(box, 'by-hand', empty)
      expect(byHand.exit).toBe(0)
      expect(byHand.stdout).toMatch(/No TLS Enabled[\s\S]*Endpoint URL: http:/)
      expect((await curl(`https://${domain}:${portOf(box, 'by-hand')}/`)).exit).toBe(35)

      box.file('service.yaml', empty)
      const run = await init(box, answers(box))
      expect(run.exit, run.stdout).toBe(0)
      expect(recordOf(box).url).toMatch(/^https:/)

      // nor through a template of the user's own that renders to nothing
      const template = 'config/secure-endpoint/templates/skyserve/tls.yaml'
      mkdirSync(join(box.folder, template, '..'), { recursive: true })
      box.file(template, '# keyfile: {{ keyfile }}\n')
      const before = box.changes().length
      const config = { XDG_CONFIG_HOME: join(box.folder, 'config') }
      const none = await init(box, answers(box, { service: 'svc-b' }), config)
      expect(none.stdout).toContain('A template does not render to what is needed.')
      expect(none.exit).toBe(65)
      expect(box.changes().length).toBe(before)
    }),
  )

  it('SKY-3 the server is given absolute paths, wherever it runs', limit, () =>
    inSandbox(async box => {
      pairFiles(box, 'a')
      const relative = { key: './a.key', chain: './a.pem' }
      const byHand = await up(box, 'by-hand', yamlFor(relative))
      expect(byHand.stderr).toContain("File mount source './a.key' does not exist locally.")
      expect(byHand.exit).toBe(1)

      const text = answers(box, { certificate: uploaded(relative) })
      const run = await init(box, text, { XDG_STATE_HOME: './state-of-mine' })
      expect(run.exit, run.stdout).toBe(0)
      expect(isAbsolute(box.double().services['svc-a']?.key ?? '')).toBe(true)
      expect(existsSync(join(box.folder, 'state-of-mine'))).toBe(false)
    }),
  )

  it('SKY-4 a pair that does not match is refused before sky is called', limit, () =>
    inSandbox(async box => {
      const mixed = { ...pairFiles(box, 'a'), key: pairFiles(box, 'b').key }
      expect((await up(box, 'by-hand', yamlFor(mixed))).exit).toBe(0)
      await saysReady(box, 'by-hand')
      const dead = await curl(`https://${domain}:${portOf(box, 'by-hand')}/`)
      expect(dead.exit).toBe(7)
      const log = await box.sky(['serve', 'logs', 'by-hand', '--load-balancer', '--no-follow'])
      expect(log.stdout).toContain('[X509: KEY_VALUES_MISMATCH] key values mismatch')

      const before = box.calls().length
      const run = await init(box, answers(box, { certificate: uploaded(mixed) }))
      expect(run.stderr).toContain('The key does not belong to this certificate.')
      expect(run.exit).toBe(65)
      expect(box.calls().length).toBe(before)
    }),
  )

  it(
    'SKY-5 the leaf covers the name that clients use, or it is not taken',
    limit,
    async context => {
      if (!isThere('openssl')) return context.skip()
      await inSandbox(async box => {
        await asDocumented(box, 'enter')
        const pair = { key: join(box.folder, 'doc.key'), chain: join(box.folder, 'doc.pem') }
        expect((await up(box, 'by-hand', yamlFor(pair))).exit).toBe(0)
        const url = `https://${domain}:${portOf(box, 'by-hand')}/`
        expect((await curl(url, '--cacert', pair.chain)).exit).toBe(60)
        expect((await curl(url, '-k')).exit).toBe(0)

        const before = box.calls().length
        const taken = await init(box, answers(box, { certificate: uploaded(documented) }))
        expect(taken.stderr).toContain(`No name in it covers ${domain}.`)
        expect(taken.exit).toBe(65)
        expect(box.calls().length).toBe(before)

        const run = await init(box, answers(box))
        expect(run.exit, run.stdout).toBe(0)
        const trusted = await curl(recordOf(box).url, '--cacert', currentFile(box, 'roots.pem'))
        expect(trusted).toEqual({ exit: 0, status: 200 })
      })
    },
  )

  it(
    'SKY-6 a pair is made without a question, and not for a hundred years',
    limit,
    async context => {
      if (!isThere('openssl')) return context.skip()
      await inSandbox(async box => {
        const unattended = await asDocumented(box, 'nothing')
        expect(unattended.stderr).toContain('You are about to be asked to enter information')
        expect(unattended.exit).toBe(1)
        expect(existsSync(join(box.folder, 'doc.pem'))).toBe(false)
        await asDocumented(box, 'enter')
        expect(yearsOf(join(box.folder, 'doc.pem'))).toBeGreaterThan(99)

        const long = answers(box, { certificate: '{source: self-signed, days: 36500}' })
        const refused = await init(box, long)
        expect(refused.stderr).toContain('This is not between 1 and 3650.')
        expect(refused.exit).toBe(65)
        expect(box.calls()).toEqual([])

        const run = await init(box, answers(box))
        expect(run.exit, run.stdout).toBe(0)
        expect(yearsOf(currentFile(box, 'chain.pem'))).toBeLessThan(0.25)
      })
    },
  )
})

function yearsOf(file: string): number {
  const { validFrom, validTo } = new X509Certificate(readFileSync(file))
  return (Date.parse(validTo) - Date.parse(validFrom)) / (365 * 86_400_000)
}
