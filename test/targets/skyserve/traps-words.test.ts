import { describe, expect, it } from 'vitest'
import { startHttpService } from '../../support/http-service.ts'
import { answers, inSandbox } from '../../support/sandbox.ts'
import { closedPort } from '../../support/servers.ts'
import {
  curl,
  domain,
  init,
  limit,
  pairFiles,
  portOf,
  recordOf,
  saysReady,
  up,
  yamlWith,
} from './naive.ts'

describe.concurrent('what sky says, taken at its word', () => {
  it(
    'SKY-1 an endpoint is read only from words that are one, and no command starts a server',
    limit,
    () =>
      inSandbox(async box => {
        await startHttpService(box)
        const endpoint = () => box.sky(['serve', 'status', 'svc-a', '--endpoint'])
        box.setDouble(({ faults }) => {
          faults.server = 'not started'
        })
        expect(await endpoint()).toMatchObject({
          exit: 0,
          stdout: expect.stringMatching(/^Failed to connect to SkyPilot API server/),
        })
        box.setDouble(({ faults }) => {
          faults.lookup = { times: 1 }
        })
        expect(await endpoint()).toMatchObject({ exit: 0, stdout: 'http://None\n' })
        box.setDouble(state => {
          state.network = false
        })
        expect(await endpoint()).toMatchObject({ exit: 0, stdout: 'Services\nNo live services.\n' })
        box.setDouble(state => {
          state.network = true
        })

        const before = box.calls().length
        const elsewhere = `http://127.0.0.1:${await closedPort()}`
        const url = box.env.SKYPILOT_API_SERVER_ENDPOINT ?? ''
        const none = await init(box, answers(box).replace(url, elsewhere))
        expect(none.stderr).toContain('No API server of SkyPilot answers.')
        expect(none.exit).toBe(69)
        expect(box.calls().length).toBe(before)

        // with a login only sky itself can be asked: its words are all that there is
        box.setDouble(({ faults }) => {
          faults.api = 'login'
        })
        const service = 'svc-b'
        box.setDouble(({ faults, services }) => {
          delete services['svc-a']
          faults.lookup = { times: 2 }
        })
        const run = await init(box, answers(box, { service }))
        expect(run.exit, run.stderr).toBe(0)
        expect(recordOf(box, service).addresses).toEqual([`localhost:${portOf(box, service)}`])
      }),
  )

  it(
    'SKY-9 READY is not taken for TLS, 503 not for its lack, and health is asked with GET',
    limit,
    () =>
      inSandbox(async box => {
        box.setDouble(({ faults }) => {
          faults.balancer = 'dies'
        })
        const pair = pairFiles(box, 'a')
        const tls = `\n    keyfile: ${pair.key}\n    certfile: ${pair.chain}`
        expect((await up(box, 'by-hand', yamlWith(tls))).exit).toBe(0)
        await saysReady(box, 'by-hand')
        const dead = await curl(`https://${domain}:${portOf(box, 'by-hand')}/`)
        expect(dead.exit).toBe(7)

        const refused = await init(box, answers(box).replace('wait: 20s', 'wait: 1s'))
        expect(refused.exit).toBe(1)
        expect(refused.stderr).toContain('tcp.open')
        expect(Object.keys(box.double().services)).toEqual(['by-hand'])

        box.setDouble(state => {
          delete state.faults.balancer
          // longer than a proof tries what no time puts right
          state.readyMs = 12_000
        })
        expect((await up(box, 'slow', yamlWith(tls))).exit).toBe(0)
        const url = `https://${domain}:${portOf(box, 'slow')}/`
        const trusted = ['--cacert', pair.chain]
        expect(await curl(url, '-f', ...trusted)).toEqual({ exit: 22, status: 503 })
        expect(await curl(url, '-I', ...trusted)).toEqual({ exit: 0, status: 405 })

        const wanted = 'wait: 50s, expect: [200]'
        const run = await init(box, answers(box).replace('wait: 20s', wanted))
        expect(run.exit, run.stdout).toBe(0)
        expect(run.stdout).toContain('pass: http.answers: GET / 200')
      }),
  )

  it('SKY-14 a cloud must be named as enabled before anything is started', limit, () =>
    inSandbox(async box => {
      box.setDouble(state => {
        state.clouds = {}
      })
      expect(await box.sky(['check'])).toMatchObject({ exit: 0 })
      const byHand = await up(box, 'by-hand', yamlWith(' {keyfile: /k, certfile: /c}'))
      expect(byHand.stderr).toContain('NoCloudAccessError: Cloud access is not set up.')
      expect(byHand.exit).toBe(1)

      const before = box.changes().length
      const run = await init(box, answers(box))
      expect(run.stdout).toContain('No cloud is enabled in SkyPilot.')
      expect(run.exit).toBe(77)
      expect(box.changes().length).toBe(before)
    }),
  )

  it('SKY-15 a service that sky cannot see is not taken for gone', limit, () =>
    inSandbox(async box => {
      await startHttpService(box)
      box.setDouble(state => {
        state.network = false
      })
      const status = await box.sky(['serve', 'status', 'svc-a'])
      expect(status).toMatchObject({ exit: 0, stdout: 'Services\nNo live services.\n' })
      const again = await up(box, 'svc-a', yamlWith(''))
      expect(again.stderr).toContain("The service 'svc-a' is already running.")
      expect(again.exit).toBe(1)

      const before = box.changes().length
      for (const api of ['answers', 'login']) {
        box.setDouble(({ faults }) => {
          faults.api = api
        })
        const run = await init(box, answers(box))
        expect(run.stderr).toContain('sky cannot say for sure which services run.')
        expect(run.exit, api).toBe(75)
      }
      expect(box.changes().length).toBe(before)
      expect((await curl(`http://${domain}:${portOf(box)}/`)).status).toBe(200)
    }),
  )
})
