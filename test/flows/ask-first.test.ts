import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { createOpensslCa, hasOpenssl } from '../support/openssl-ca.ts'
import { startPty } from '../support/pty.ts'
import { createSandbox } from '../support/sandbox.ts'
import { skipped } from '../support/scratch.ts'

const bin = fileURLToPath(new URL('../../bin/secure-endpoint.cjs', import.meta.url))

it('the wizard asks a CA first, is left, and the saved answers go on when it has answered', async ({
  onTestFinished,
}) => {
  if (!hasOpenssl) return skipped('openssl is not here, and nobody else plays the CA')
  const box = await createSandbox()
  onTestFinished(() => box.close())
  const pty = startPty(process.execPath, [bin, 'init'], { cwd: box.folder, env: box.env })
  onTestFinished(() => pty.kill())
  await pty.waitFor('Which name will clients use')
  pty.type('svc.test\r')
  await pty.waitFor('Where does the certificate come from?')
  pty.type('2\r')
  await pty.waitFor('❯ I need to ask my CA first')
  pty.press('enter')
  await pty.waitFor('Where does the endpoint run?')
  expect(pty.text()).toContain('The request for your CA is made: svc.test.request/request.csr')
  pty.type('1\r')
  await pty.waitFor('Service: ▏')
  pty.type('svc-a\r')
  await pty.waitFor('service.yaml')
  pty.type('./service.yaml\r')
  expect(await pty.ended).toBe(75)
  expect(pty.all().join('\n')).toContain('secure-endpoint init --answers ./svc-a.yaml')
  expect(pty.all().join('\n')).toContain('cert issue --answer FILE')
  expect(box.changes()).toEqual([])

  const folder = join(box.folder, 'svc.test.request')
  expect(statSync(join(folder, 'key.pem')).mode & 0o777).toBe(0o600)
  const early = await box.cli(['init', '--answers', 'svc-a.yaml', '--yes'])
  expect(early.exit).toBe(75)
  expect(early.stderr).toContain('The CA has not answered the request yet.')
  expect((await box.cli(['list'])).stdout).toContain('svc.test.request/request.csr')

  const ca = createOpensslCa(box.folder)
  const leaf = ca.sign(join(folder, 'request.csr'))
  const taken = await box.cli(['cert', 'issue', '--answer', ca.issuing, leaf, ca.root])
  expect(taken.exit).toBe(0)
  expect(existsSync(join(folder, 'roots.pem'))).toBe(true)
  expect((await box.cli(['list'])).stdout).not.toContain('svc.test.request')

  const saved = readFileSync(join(box.folder, 'svc-a.yaml'), 'utf8')
  box.file('svc-a.yaml', saved.replace('how: shown', 'how: none'))
  const run = await box.cli(['init', '--answers', 'svc-a.yaml', '--yes'])
  expect(run.stderr).toContain('svc-a is served over HTTPS, proven')
  expect(run.exit).toBe(0)
  const shown = JSON.parse((await box.cli(['show', 'svc-a', '--json'])).stdout)
  expect(shown.generations[0].source).toBe('uploaded')
  expect(readFileSync(shown.trust.file, 'utf8')).toBe(readFileSync(ca.root, 'utf8'))
})
