import { describe, expect, it } from 'vitest'
import { startHttpService } from '../../support/http-service.ts'
import { answers, inSandbox } from '../../support/sandbox.ts'
import {
  curl,
  domain,
  init,
  isGone,
  limit,
  pairFiles,
  portOf,
  recordOf,
  servedLeaf,
  up,
  yamlFor,
  yamlWith,
} from './naive.ts'

const uploaded = '{source: uploaded, chain: ./own.pem, key: ./own.key, roots: ./own.pem}'

describe.concurrent('a service that runs', () => {
  it('SKY-7 a rotation never updates: it replaces the service and proves the new leaf', limit, () =>
    inSandbox(async box => {
      const [a, b] = [pairFiles(box, 'a'), pairFiles(box, 'b')]
      await up(box, 'by-hand', yamlFor(a))
      box.file('b.yaml', yamlFor(b))
      const update = await box.sky(['serve', 'update', 'by-hand', 'b.yaml', '-y'])
      expect(update.exit).toBe(0)
      expect(update.stderr).toContain(
        'Any updates to the keyfile and certfile will not take effect',
      )
      expect(await servedLeaf(box, 'by-hand')).toBe(a.fingerprint)

      const wish = answers(box).replace('kind: skyserve', 'kind: skyserve, switch: update')
      const refused = await init(box, wish)
      expect(refused.stderr).toContain('sky serve update says that it is done')
      expect(refused.exit).toBe(65)
      expect((await init(box, answers(box))).exit).toBe(0)
      const before = await servedLeaf(box)
      const calls = box.changes().length
      const run = await box.cli(['rotate', 'svc-a', '--yes'])
      expect(run.exit, run.stdout).toBe(0)
      expect(await servedLeaf(box)).not.toBe(before)
      const verbs = box.changes().map(([, verb]) => verb)
      expect(verbs.slice(calls)).toEqual(['down', 'up'])
    }),
  )

  it('SKY-8 nothing is started under a name before it is free', limit, () =>
    inSandbox(async box => {
      await up(box, 'by-hand', yamlWith(''))
      box.setDouble(state => {
        state.goneMs = 8000
      })
      const down = await box.sky(['serve', 'down', 'by-hand', '-y'])
      expect(down.stdout).toBe("Service 'by-hand' is scheduled to be terminated.\n")
      expect(down.exit).toBe(0)
      const again = await up(box, 'by-hand', yamlFor(pairFiles(box, 'a')))
      expect(again.stderr).toContain("The service 'by-hand' is already running.")
      expect(again.exit).toBe(1)

      await startHttpService(box)
      box.setDouble(state => {
        state.goneMs = 1000
      })
      const run = await init(box, answers(box))
      expect(run.exit, run.stdout).toBe(0)
      expect(run.stdout).toContain('done: Wait until it is gone')
      expect(run.stdout).not.toContain('already running')
      await isGone(box, 'by-hand')
    }),
  )

  it('SKY-10 the endpoint is read again after each start', limit, () =>
    inSandbox(async box => {
      await up(box, 'by-hand', yamlWith(''))
      const remembered = portOf(box, 'by-hand')
      await box.sky(['serve', 'down', 'by-hand', '-y'])
      await isGone(box, 'by-hand')
      await up(box, 'by-hand', yamlWith(''))
      expect((await curl(`http://${domain}:${remembered}/`)).exit).toBe(7)

      await init(box, answers(box))
      const before = recordOf(box)
      const run = await box.cli(['rotate', 'svc-a', '--yes'])
      expect(run.exit, run.stdout).toBe(0)
      const after = recordOf(box)
      expect(after.addresses).not.toEqual(before.addresses)
      expect(after.addresses).toEqual([`localhost:${portOf(box)}`])
      expect(after.url).toBe(`https://${domain}:${portOf(box)}/`)
      expect((await box.cli(['status', 'svc-a', '--once'])).exit).toBe(0)
    }),
  )

  it('SKY-16 a pair that a restart brings in is seen, and ours stays through one', limit, () =>
    inSandbox(async box => {
      const [a, b] = [pairFiles(box, 'a'), pairFiles(box, 'b')]
      await up(box, 'by-hand', yamlFor(a))
      box.file('b.yaml', yamlFor(b))
      await box.sky(['serve', 'update', 'by-hand', 'b.yaml', '-y'])
      expect(await servedLeaf(box, 'by-hand')).toBe(a.fingerprint)
      await box.restart('by-hand')
      expect(await servedLeaf(box, 'by-hand')).toBe(b.fingerprint)

      await init(box, answers(box))
      await box.cli(['rotate', 'svc-a', '--yes'])
      const ours = await servedLeaf(box)
      await box.restart('svc-a')
      expect(await servedLeaf(box)).toBe(ours)
      expect((await box.cli(['status', '--once'])).exit).toBe(0)

      await box.sky(['serve', 'update', 'svc-a', 'b.yaml', '-y'])
      await box.restart('svc-a')
      const status = await box.cli(['status', '--once', '--json'])
      expect(status.exit).toBe(1)
      expect(JSON.parse(status.stdout).endpoints[0].alerts).toContain('drift')
    }),
  )

  it(
    'SKY-17 a new pair is never taken for the old one: it has a path and a folder of its own',
    limit,
    () =>
      inSandbox(async box => {
        const a = pairFiles(box, 'own')
        await up(box, 'by-hand', yamlFor(a))
        // the same names, sizes and second of change: rsync sees nothing new
        const b = pairFiles(box, 'own')
        expect((await up(box, 'by-hand', yamlFor(b))).exit).toBe(1)
        await box.restart('by-hand')
        expect(await servedLeaf(box, 'by-hand')).toBe(a.fingerprint)
        // another second of change, and the call that failed has put it in
        const c = pairFiles(box, 'own', new Date(1_790_000_060_000))
        expect((await up(box, 'by-hand', yamlFor(c))).exit).toBe(1)
        await box.restart('by-hand')
        expect(await servedLeaf(box, 'by-hand')).toBe(c.fingerprint)

        const first = pairFiles(box, 'own')
        expect((await init(box, answers(box, { certificate: uploaded }))).exit).toBe(0)
        expect(await servedLeaf(box)).toBe(first.fingerprint)
        const key = box.double().services['svc-a']?.key
        const second = pairFiles(box, 'own')
        const run = await box.cli(['rotate', 'svc-a', '--answers', 'a.yaml', '--yes'])
        expect(run.exit, run.stdout).toBe(0)
        expect(await servedLeaf(box)).toBe(second.fingerprint)
        expect(box.double().services['svc-a']?.key).not.toBe(key)
        await box.restart('svc-a')
        expect(await servedLeaf(box)).toBe(second.fingerprint)
      }),
  )
})
