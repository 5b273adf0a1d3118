import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('2,000 spoiled uploads: none hangs, exhausts memory or throws, and a third can be read', () => {
  const script = fileURLToPath(new URL('../fuzz/run.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '2000'], {
    encoding: 'utf8',
  })
  expect(stdout + stderr).toContain('2000 cases')
  expect(status, stdout + stderr).toBe(0)
}, 300_000)
