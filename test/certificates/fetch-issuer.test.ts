import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { judgeFetched } from '../../src/certificates/complete-chain.ts'
import * as der from '../../src/certificates/der.ts'
import { extension } from '../../src/certificates/extension-writers.ts'
import { fetchIssuer } from '../../src/certificates/fetch-issuer.ts'
import { judge } from '../../src/certificates/gate.ts'
import { oids } from '../../src/certificates/oids.ts'
import { createOffers } from '../../src/net/offers.ts'
import { family, make, now, profile, upload } from '../support/certificates.ts'

const { root, issuing } = family()
const impostor = make({ ca: true, cn: 'Example Issuing CA 3', issuer: root })
const answers: Record<string, Buffer | number> = {
  '/ca.der': issuing.certificate.der,
  '/ca.pem': Buffer.from(issuing.pem),
  '/impostor.der': impostor.certificate.der,
  '/large': Buffer.concat([issuing.certificate.der, Buffer.alloc(70_000)]),
  '/moved': 302,
}
const asked: string[] = []
const server = createServer(({ url = '' }, response) => {
  asked.push(url)
  const answer = answers[url] ?? 404
  if (typeof answer === 'number') response.writeHead(answer, { location: '/ca.der' }).end()
  else response.end(answer)
})
let port = 0
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

function leafWith(...urls: string[]) {
  const access = urls.map(url =>
    der.sequence(der.oid(oids.caIssuers), der.contextPrimitive(6, Buffer.from(url))),
  )
  const more = [extension(oids.authorityInfo, der.sequence(...access))]
  return make({ issuer: issuing, more }).certificate
}
const at = (path: string) => `http://127.0.0.1:${port}${path}`
/** As if this machine were somewhere else. */
const offers = () => createOffers({ kindOf: () => 'public' })
const fetched = async (...urls: string[]) => {
  const { spare, failed } = await fetchIssuer(leafWith(...urls), url => offers()(url))
  return { issuer: spare?.certificate.fingerprint, why: failed.map(({ why }) => why) }
}
const { fingerprint } = issuing.certificate

test('the issuer is fetched from where the leaf says, in DER and in PEM', async () => {
  expect(await fetched(at('/ca.der'))).toEqual({ issuer: fingerprint, why: [] })
  expect(await fetched(at('/ca.pem'))).toEqual({ issuer: fingerprint, why: [] })
  const second = await fetched(at('/nothing'), at('/ca.der'))
  expect(second).toEqual({ issuer: fingerprint, why: ['it answers 404'] })
})

test('what did not sign it is not taken, nor what is too large or not there', async () => {
  const why = async (url: string) => {
    const { issuer, why } = await fetched(url)
    expect(issuer).toBeUndefined()
    return why
  }
  expect(await why(at('/impostor.der'))).toEqual(['it gives nothing that signed it'])
  expect(await why(at('/large'))).toEqual(['it has more than 64 KiB'])
  expect(await why('http://127.0.0.1:1/ca.der')).toEqual(['ECONNREFUSED'])
})

test('only http and https are asked', async () => {
  asked.length = 0
  expect(await fetched('file:///etc/passwd', 'ldap://127.0.0.1/cn=ca')).toEqual({ why: [] })
  expect(asked).toEqual([])
})

describe('a judgement that lacks an intermediate', () => {
  const lacking = (...urls: string[]) => {
    const made = leafWith(...urls)
    const files = { 'c.pem': made.pem }
    return { ...upload(files), keyOptional: true, profile: profile(), now, systemRoots: [root.pem] }
  }
  const options = (offered = offers()) => ({ offered, mayBePrivate: false })

  test('is made anew with what is fetched, once however many gates ask', async () => {
    asked.length = 0
    const input = lacking(at('/ca.der'))
    const places: string[] = []
    const offered = offers()
    const onAsk = ({ host, url }: { host: string; url: string }) => places.push(`${host} ${url}`)
    const two = [
      await judgeFetched(judge(input), input, { ...options(offered), onAsk }),
      await judgeFetched(judge(input), input, { ...options(offered), onAsk }),
    ]
    expect(two.map(({ verdict }) => verdict)).toEqual(['repaired', 'repaired'])
    expect(two[0]?.chain[1]?.fingerprint).toBe(fingerprint)
    expect(asked).toEqual(['/ca.der'])
    expect(places).toEqual([`127.0.0.1:${port} ${at('/ca.der')}`])
  })

  test('says what came of it where nothing fits, and the command to do it by hand', async () => {
    const input = lacking(at('/impostor.der'))
    const judged = await judgeFetched(judge(input), input, options())
    const missing = judged.findings.find(({ id }) => id === 'cert.intermediate-missing')
    expect(judged.verdict).toBe('blocked')
    expect(missing?.evidence).toContain(`${at('/impostor.der')}: it gives nothing that signed it`)
    expect(missing?.fix).toContain(`curl -fsSo ca.crt ${at('/impostor.der')}`)
  })

  test('is not fetched from this machine, nor from a private network before somebody agrees', async () => {
    asked.length = 0
    const here = lacking(at('/ca.der'))
    const judged = await judgeFetched(judge(here), here, options(createOffers()))
    expect(judged.findings[0]?.evidence).toContain('127.0.0.1 is of this machine')
    expect(judged.offeredAt).toBeUndefined()
    const offered = createOffers({ kindOf: () => 'private' })
    const inside = await judgeFetched(judge(here), here, options(offered))
    expect(inside.offeredAt).toMatchObject({ host: `127.0.0.1:${port}`, url: at('/ca.der') })
    expect(inside.offeredAt?.private).toContain('is of a private network')
    expect(inside.findings[0]?.fix).toContain('repair: [intermediate, private-network]')
    expect(asked).toEqual([])
    const agreed = await judgeFetched(judge(here), here, { offered, mayBePrivate: true })
    expect(agreed.verdict).toBe('repaired')
  })

  test('asks nobody in a rehearsal, but takes what was fetched before', async () => {
    asked.length = 0
    const input = lacking(at('/ca.pem'))
    const offered = offers()
    const rehearsed = options((url, more) => offered(url, { ...more, onlyKnown: true }))
    const first = await judgeFetched(judge(input), input, rehearsed)
    expect(first.findings[0]?.evidence).toContain('a rehearsal asks nobody, the run would')
    expect(asked).toEqual([])
    await judgeFetched(judge(input), input, options(offered))
    expect((await judgeFetched(judge(input), input, rehearsed)).verdict).toBe('repaired')
    expect(asked).toEqual(['/ca.pem'])
  })
})
