import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nextName } from '../../../src/targets/skyserve/names.ts'
import { answers, ended, inSandbox } from '../../support/sandbox.ts'
import { skipped } from '../../support/scratch.ts'
import {
  curl,
  domain,
  init,
  isGone,
  limit,
  pairFiles,
  portOf,
  saysReady,
  servedLeaf,
  up,
  yamlFor,
} from './naive.ts'

describe.concurrent('what lies beyond the command', () => {
  it('SKY-11 no service is started in the folder of another one', limit, () =>
    inSandbox(async box => {
      const [a, b] = [pairFiles(box, 'a'), pairFiles(box, 'b', new Date(1_790_000_060_000))]
      await up(box, 'my-svc', yamlFor(a))
      expect((await up(box, 'my_svc', yamlFor(b))).exit).toBe(0)
      await box.restart('my-svc')
      expect(await servedLeaf(box, 'my-svc')).toBe(b.fingerprint)

      await box.sky(['serve', 'down', 'my_svc', '-y'])
      await isGone(box, 'my_svc')
      const before = box.changes().length
      const text = answers(box, { service: 'my_svc' }).replace('endpoint: my_svc', 'endpoint: mine')
      const run = await init(box, text)
      expect(run.stderr).toContain('Another service shares its folder on the controller')
      expect(run.exit).toBe(65)
      expect(box.changes().length).toBe(before)
      expect(nextName('my-svc', ['my-svc', 'my_svc_2'])).toBe('my-svc-3')
    }),
  )

  it(
    'SKY-12 a path that is mistyped is found before sky is called, and nothing waits for a key',
    limit,
    () =>
      inSandbox(async box => {
        const typo = ['serve', 'up', 'servce.yaml', '-n', 'by-hand', '-y']
        const byHand = await box.sky(typo)
        expect(byHand.stdout).toContain('looks like a yaml path but does not exist.')
        expect(byHand.stderr).toContain('Aborted!')
        expect(byHand.exit).toBe(1)

        const before = box.calls().length
        const run = await init(box, answers(box).replace('./service.yaml', './servce.yaml'))
        expect(run.stderr).toContain('there is no such file')
        expect(run.exit).toBe(65)
        expect(box.calls().length).toBe(before)

        // a question that no flag answers ends at once, also where somebody sits at the keyboard
        box.setDouble(({ faults }) => {
          faults['serve up'] = { how: 'ask' }
        })
        box.file('a.yaml', answers(box))
        const asked = await ended(
          box.start(['init', '--answers', 'a.yaml', '--yes'], { open: true }),
        )
        expect(asked.stdout).toContain('Aborted!')
        expect(asked.exit).toBe(1)
      }),
  )

  it('SKY-13 clients are told that TLS ends at the load balancer', limit, () =>
    inSandbox(async box => {
      await up(box, 'by-hand', yamlFor(pairFiles(box, 'a')))
      await saysReady(box, 'by-hand')
      await curl(`https://${domain}:${portOf(box, 'by-hand')}/`, '-k', '-H', 'x-prompt: my secret')
      if (box.double().lb) skipped("nobody listens behind the lab's load balancer")
      else expect(wireOf(join(box.folder, 'sky-home'))).toContain('x-prompt: my secret')

      const run = await init(box, answers(box))
      expect(run.exit, run.stdout).toBe(0)
      const shown = await box.cli(['show', 'svc-a'])
      expect(shown.stdout.replace(/\s+/g, ' ')).toContain('TLS ends at the load balancer')
    }),
  )
})

/** What went over the wire to the replicas, in the clear. */
function wireOf(folder: string): string {
  const files = readdirSync(folder).filter(name => name.endsWith('.wire'))
  return files.map(name => readFileSync(join(folder, name), 'utf8')).join('')
}
