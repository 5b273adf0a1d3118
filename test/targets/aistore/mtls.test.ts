import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadAnswers } from '../../../src/answers/load.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { Problem } from '../../../src/errors.ts'
import { aistore } from '../../../src/targets/aistore/index.ts'
import type { AistorePresent } from '../../../src/targets/aistore/present.ts'
import { levelWanted } from '../../../src/targets/aistore/steps/clients.ts'
import type { Target } from '../../../src/targets/target.ts'
import { type AistoreFlow, flowOf, usualAnswers } from '../../support/aistore-flow.ts'
import { family, make } from '../../support/certificates.ts'
import { createScratch } from '../../support/scratch.ts'

const at = (level: number, more = '', certificate?: string) =>
  usualAnswers(`  clientAuth: ${level}\n${more}`, certificate)
const settings = async (flow: AistoreFlow) => {
  const { json } = await flow.get('/v1/daemon?what=config')
  return (json as { net: { http: Record<string, unknown> } }).net.http
}
const probes = ({ events }: Awaited<ReturnType<AistoreFlow['go']>>) =>
  events.flatMap(each =>
    each.type === 'proof' && each.id === 'tls.client-auth' ? [each.seen] : [],
  )
const client = (flow: AistoreFlow, name: string) =>
  join(flow.world.stateFolder, 'endpoints/ais/client', name)
/** The finding of a plan that cannot be made. */
const refusal = async (flow: AistoreFlow) => {
  const error = await flow.go('enable').catch(thrown => thrown)
  expect(error).toBeInstanceOf(Problem)
  return (error as Problem).findings[0]
}

describe('AIStore and client certificates', () => {
  it('sets level and root in one call, with our own certificate made before it', async () => {
    const flow = await flowOf(at(4))
    const went = await flow.go('enable')
    expect(went).toMatchObject({ outcome: 'done', exit: 0 })
    expect(flow.changes).toContain(
      'PUT /v1/cluster/set-config?net.http.client_ca_tls=/etc/ais/tls/ca.crt&net.http.skip_verify=false&net.http.client_auth_tls=4',
    )
    expect(went.acted.indexOf('prepare.client')).toBeLessThan(went.acted.indexOf('change.trust'))
    expect(probes(went)).toEqual([
      "without a certificate refused, with ours answered, with a stranger's refused, at 9 of 9 addresses",
    ])
    const told = went.events.find(each => each.type === 'finding' && each.id.includes('need-pair'))
    expect(told).toMatchObject({ severity: 'warns', fix: expect.stringContaining('AIS_CRT_KEY=') })
    expect(statSync(client(flow, 'key.pem')).mode & 0o777).toBe(0o600)
  })

  it('goes through the levels and back to 0, with a restart each and a proof of each', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const leaf = flow.leaf()
    const seen: string[] = []
    for (const level of [1, 2, 3, 4, 0]) {
      flow.answer(at(level))
      flow.changes.length = 0
      const went = await flow.go('enable')
      expect(went).toMatchObject({ outcome: 'done', exit: 0 })
      expect(flow.changes).toEqual([
        `PUT /v1/cluster/set-config?net.http.client_auth_tls=${level}`,
        'PUT /v1/cluster',
        './restart-ais.sh --all',
      ])
      seen.push(`${level}: ${probes(went).join()}`)
      expect((await flow.go('enable')).acted).not.toContain('change.shutdown')
    }
    const words = (none: string, stranger: string) =>
      `without a certificate ${none}, with ours answered, with a stranger's ${stranger}, at 9 of 9 addresses`
    expect(seen).toEqual([
      `1: ${words('answered', 'answered')}`,
      `2: ${words('refused', 'answered')}`,
      `3: ${words('answered', 'refused')}`,
      `4: ${words('refused', 'refused')}`,
      `0: ${words('answered', 'answered')}`,
    ])
    expect(flow.leaf()).toBe(leaf)
  })

  it('gives ais our certificate before the change, and leads it to the new URL after the proof', async () => {
    const flow = await flowOf(at(4, '  cli: set'))
    await flow.go('enable')
    const own = flow.changes.findIndex(each => each.includes('cluster.client_crt='))
    expect(flow.changes.slice(own, own + 2)).toEqual([
      `ais config cli set cluster.client_crt=${client(flow, 'chain.pem')}`,
      `ais config cli set cluster.client_crt_key=${client(flow, 'key.pem')}`,
    ])
    expect(own).toBeLessThan(flow.changes.findIndex(each => each.includes('client_auth_tls=4')))
    expect(flow.changes.at(-2)).toMatch(
      /^ais config cli set cluster\.client_ca_tls=\/.*\/trust\/roots\.pem$/,
    )
    expect(flow.changes.at(-1)).toMatch(
      /^ais config cli set cluster\.url=https:\/\/ais\.lab\.test:\d+$/,
    )
    await flow.go('disable')
    expect(flow.changes.at(-1)).toMatch(/^ais config cli set cluster\.url=http:\/\/[a-z.]+:\d+$/)
  })

  it.each([
    ['not there', { outcome: 'missing' as const }, ['tool.ais.missing', 69]],
    ['not to be started', { outcome: 'not-executable' as const }, ['tool.ais.not-executable', 69]],
  ])(
    'is told before the plan that ais is %s, where its settings shall follow',
    async (_name, said, wanted) => {
      const flow = await flowOf(at(0, '  cli: set'))
      const { run } = flow.world
      flow.world.run = async call => {
        const result = await run(call)
        return call.argv[0] === 'ais' ? { ...result, ...said } : result
      }
      const refused = await flow.go('enable').catch(error => error)
      expect([refused.findings[0].id, refused.exit]).toEqual(wanted)
      expect(refused.findings[0].fix).toMatch(/target\.cli: shown$/)
      expect(flow.changes.filter(each => each !== 'ais version')).toEqual([])
      flow.answer(at(0))
      expect((await flow.go('enable')).outcome).toBe('done')
    },
  )

  it('is asked for by doctor, where its settings shall follow', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    const asked = async (text: string) => {
      const file = { name: 'a.yaml', folder: '/' }
      const answered = loadAnswers(text, questionsFor([aistore as Target]), file)
      return (await aistore.preflight(flow.world, answered)).map(({ id }) => id)
    }
    expect(await asked(at(0))).toEqual(['check.nodes'])
    expect(await asked(at(0, '  cli: set'))).toEqual(['check.nodes', 'check.cli'])
  })

  it('warns of a version of ais that is not known, and goes on', async () => {
    const flow = await flowOf(at(0, '  cli: set'))
    const { run } = flow.world
    const warned = async () =>
      (await flow.go('enable')).events.filter(each => each.type === 'finding')
    const ids = async () => (await warned()).map(each => ('id' in each ? each.id : ''))
    expect(await ids()).not.toContain('aistore.cli-version')
    flow.world.run = async call => {
      const result = await run(call)
      const isVersion = call.argv.join(' ') === 'ais version'
      return isVersion ? { ...result, stdout: 'ais version 1.10.\u001b[2J (build x)' } : result
    }
    const found = (await warned()).find(each => 'id' in each && each.id === 'aistore.cli-version')
    expect(found).toMatchObject({ severity: 'warns', evidence: 'ais version 1.10. (build x)' })
  })

  it('is rotated, proven and switched off where clients need a certificate', async () => {
    const flow = await flowOf(at(4))
    await flow.go('enable')
    const own = readFileSync(client(flow, 'chain.pem'), 'utf8')
    expect(await flow.go('rotate')).toMatchObject({ outcome: 'done' })
    expect(readFileSync(client(flow, 'chain.pem'), 'utf8')).toBe(own)
    flow.changes.length = 0
    expect(await flow.go('disable')).toMatchObject({ outcome: 'done' })
    expect(flow.changes.at(-1)).toBe(
      'PUT /v1/cluster/set-config?net.http.server_crt=&net.http.server_key=&net.http.client_ca_tls=&net.http.client_auth_tls=0',
    )
    expect(await settings(flow)).toMatchObject({ use_https: false, client_auth_tls: 0 })
  })

  it.each(['change.shutdown', 'change.start', 'serve.proof'])(
    'stopped in %s is taken up, or taken back to the level of before',
    async stopAt => {
      const flow = await flowOf()
      await flow.go('enable')
      flow.answer(at(4))
      expect(await flow.go('enable', { stopAt })).toMatchObject({ outcome: 'interrupted' })
      const went = await flow.resume()
      expect(went).toMatchObject({ outcome: 'done', exit: 0 })
      expect(probes(went)[0]).toContain('without a certificate refused')
      flow.answer(at(1))
      await flow.go('enable', { stopAt })
      expect(await flow.resume({ undo: true })).toMatchObject({ outcome: 'rolled-back' })
      flow.answer(at(4))
      flow.changes.length = 0
      expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
      expect(flow.changes).toEqual([])
    },
  )

  it('goes back to the level of before where the nodes do not start', async () => {
    const flow = await flowOf()
    await flow.go('enable')
    flow.answer(at(4))
    let times = 0
    flow.breakTool(() => {
      times += 1
      return times === 1 ? { exit: 1, stderr: 'unit ais is masked' } : undefined
    })
    const { outcome, failed } = await flow.go('enable')
    expect([outcome, failed[0]]).toEqual(['rolled-back', 'change.start'])
    flow.answer(at(0))
    flow.changes.length = 0
    expect(await flow.go('enable')).toMatchObject({ outcome: 'done' })
    expect(flow.changes).toEqual([])
  })

  it('refuses a leaf that is no client where nodes verify each other, before anything is called', async () => {
    const flow = await flowOf()
    const { answers } = uploaded()
    flow.answer(answers(4))
    expect(await refusal(flow)).toMatchObject({ id: 'cert.eku' })
    expect(flow.changes).toEqual([])
  })

  it('wants a certificate of ours where nobody here can sign one, and judges the one that is named', async () => {
    const flow = await flowOf()
    const { answers, file, issuing } = uploaded(['serverAuth', 'clientAuth'])
    flow.answer(answers(4))
    expect(await refusal(flow)).toMatchObject({ id: 'aistore.client-needed' })
    const name = (pair: ReturnType<typeof make>) =>
      `  clientChain: ${file('client.pem', pair.pem)}\n  clientKey: ${file('client.key', pair.keyPem)}`
    const wish = { names: ['me.lab.test'], at: Date.now(), issuer: issuing }
    const bad = {
      'no root that the nodes trust has signed it': make({
        ...wish,
        issuer: family().issuing,
        eku: ['clientAuth'],
      }),
      'its extended key usage does not name clientAuth': make({ ...wish, eku: ['serverAuth'] }),
      'it has expired': make({ ...wish, eku: ['clientAuth'], from: -9, to: -1 }),
    }
    for (const [evidence, pair] of Object.entries(bad)) {
      flow.answer(answers(4, name(pair)))
      const { exit, events } = await flow.go('enable')
      expect(exit).toBe(65)
      const found = events.flatMap(each => (each.type === 'step.failed' ? each.findings : []))
      expect(found[0]).toMatchObject({ id: 'aistore.client-refused', evidence })
    }
    expect(flow.changes).toEqual([])
    const good = make({ ...wish, eku: ['clientAuth'] })
    flow.answer(answers(4, name({ ...good, pem: good.pem + issuing.pem })))
    const went = await flow.go('enable')
    expect(went).toMatchObject({ outcome: 'done' })
    expect(probes(went)[0]).toContain('with ours answered')
  })

  it('leaves a cluster alone whose public listeners have a certificate of their own', async () => {
    const flow = await flowOf(at(4))
    const pub = { server_crt: '/etc/ais/public.crt\u001b[2J', server_key: '/etc/ais/public.key' }
    flow.breakApi(({ url }) =>
      url.includes('what=cluster_config')
        ? { status: 200, body: JSON.stringify({ net: { http: { use_https: false, pub } } }) }
        : undefined,
    )
    expect(await refusal(flow)).toMatchObject({
      id: 'aistore.public-pair',
      evidence: 'net.http.pub.server_crt is /etc/ais/public.crt',
    })
    expect(flow.changes).toEqual([])
  })

  it('keeps a level that was set before HTTPS, and lets ourselves in', async () => {
    const flow = await flowOf()
    const trust = 'net.http.client_ca_tls=/etc/ais/tls/ca.crt'
    await flow.put(`/v1/cluster/set-config?net.http.client_auth_tls=4&${trust}`)
    const went = await flow.go('enable')
    expect(went).toMatchObject({ outcome: 'done' })
    expect(probes(went)[0]).toContain('with ours answered')
  })

  it('refuses to verify clients by a public root', async () => {
    const { answers } = loadAnswers(at(3), questionsFor([aistore as Target]), {
      name: 'a.yaml',
      folder: '/',
    })
    const present = { http: { client_auth_tls: 0 } } as AistorePresent
    const wanted = {
      answers,
      present,
      kept: '/kept',
      generation: 1,
      privateRoot: false,
      newRoot: false,
    }
    expect(() => levelWanted(wanted)).toThrow('Clients cannot be verified')
  })
})

/** Answers with an upload of a private CA, and a folder for more files. */
function uploaded(eku: ('serverAuth' | 'clientAuth')[] = ['serverAuth']) {
  const { file } = createScratch(onTestFinished)
  const { leaf, issuing, root } = family({
    names: ['ais.lab.test', '127.0.0.1'],
    at: Date.now(),
    eku,
  })
  const chain = file('chain.pem', leaf.pem + issuing.pem)
  const key = file('key.pem', leaf.keyPem)
  const roots = file('root.pem', root.pem)
  const upload = `{source: uploaded, chain: ${chain}, key: ${key}, roots: ${roots}}`
  return { file, issuing, answers: (level: number, more = '') => at(level, more, upload) }
}
