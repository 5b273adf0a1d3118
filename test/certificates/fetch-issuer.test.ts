import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as der from '../../src/certificates/der.ts'
import { extension } from '../../src/certificates/extension-writers.ts'
import { fetchIssuers } from '../../src/certificates/fetch-issuer.ts'
import { oids } from '../../src/certificates/oids.ts'
import { family, make } from '../support/certificates.ts'

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
const fetched = async (...urls: string[]) =>
  (await fetchIssuers(leafWith(...urls))).map(({ certificate }) => certificate.fingerprint)

test('the issuer is fetched from where the leaf says, in DER and in PEM', async () => {
  expect(await fetched(at('/ca.der'))).toEqual([issuing.certificate.fingerprint])
  expect(await fetched(at('/ca.pem'))).toEqual([issuing.certificate.fingerprint])
  expect(await fetched(at('/nothing'), at('/ca.der'))).toEqual([issuing.certificate.fingerprint])
})

test('what did not sign it is not taken, nor what is too large or elsewhere', async () => {
  expect(await fetched(at('/impostor.der'))).toEqual([])
  expect(await fetched(at('/large'))).toEqual([])
  expect(await fetched(at('/moved'))).toEqual([])
  expect(await fetched('http://127.0.0.1:1/ca.der')).toEqual([])
})

test('only http is asked', async () => {
  asked.length = 0
  expect(await fetched(at('/ca.der').replace('http:', 'https:'), 'file:///etc/passwd')).toEqual([])
  expect(asked).toEqual([])
})
