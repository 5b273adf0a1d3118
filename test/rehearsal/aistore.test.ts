import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createSandbox } from '../support/sandbox.ts'

const folder = fileURLToPath(new URL('../../examples/', import.meta.url))
const examples = readdirSync(folder).filter(name => name.startsWith('aistore'))

describe('a rehearsal of AIStore', () => {
  it.each(examples)('of examples/%s passes', async name => {
    const box = await createSandbox()
    try {
      const run = await box.cli(['init', '--rehearse', '--answers', `${folder}${name}`])
      expect(run.exit, run.stdout + run.stderr).toBe(0)
      expect(run.stdout).toContain('proven in the rehearsal')
      if (name.includes('mtls'))
        expect(run.stdout).toContain('pass: tls.client-auth: without a certificate refused')
    } finally {
      await box.close()
    }
  })
})
