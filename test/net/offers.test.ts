import type { lookup } from 'node:dns'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressKind } from '../../src/net/address-kind.ts'
import { createOffers } from '../../src/net/offers.ts'

const asked: string[] = []
const server = createServer(({ url = '', headers: { host = '' } }, response) => {
  asked.push(url)
  const [, kind = '', rest = ''] = /^\/(to|loop|slow|ca)(.*)$/.exec(url) ?? []
  if (kind === 'to') response.writeHead(302, { location: decodeURIComponent(rest.slice(1)) }).end()
  else if (kind === 'loop') response.writeHead(301, { location: `http://${host}/loop` }).end()
  else response.end('here')
})
let port = 0
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

/** A resolver that sends every name to some addresses. */
const names = (...addresses: string[]) =>
  ((_host: string, _options: object, done: (error: null, all: object[]) => void) =>
    done(
      null,
      addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as typeof lookup

const refusal = async (url: string, options: Parameters<typeof createOffers>[0] = {}) => {
  asked.length = 0
  const offer = await createOffers(options)(url)
  expect(asked).toEqual([])
  return 'refused' in offer ? offer : undefined
}

describe('where addresses lie', () => {
  test.each([
    ...['127.0.0.1', '0.0.0.0', '169.254.169.254', '168.63.129.16', '100.100.100.200'],
    ...['224.0.0.1', '255.255.255.255', '::', '::1', 'fe80::1%eth0', 'ff02::1', 'fd00:ec2::254'],
    ...['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
    'no address',
  ])('%s is of this machine, its link or its cloud', address => {
    expect(addressKind(address)).toBe('inner')
  })
  test.each([
    ...['10.0.0.5', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd12::1'],
    ...['::ffff:10.0.0.5', '64:ff9b::10.0.0.5', '2002:c0a8:101::1'],
  ])('%s is of a private network', address => {
    expect(addressKind(address)).toBe('private')
  })
  test.each([
    ...['93.184.216.34', '172.32.0.1', '192.169.0.1', '100.128.0.1', '168.63.129.17'],
    ...['2606:2800:220:1::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1'],
  ])('%s is public', address => {
    expect(addressKind(address)).toBe('public')
  })
})

describe('what a certificate names is asked with care', () => {
  test('nobody on this machine, its link or its cloud, however it is written', async () => {
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]']) {
      const offer = await refusal(`http://${host}:${port}/ca`)
      expect(offer?.refused).toMatch(/is of this machine, its link or its cloud$/)
      expect(offer?.private).toBeUndefined()
    }
    expect(await refusal('http://169.254.169.254/latest/meta-data')).toBeDefined()
  })

  test('no name that leads there, also beside an address that is public', async () => {
    for (const lookup of [names('127.0.0.1'), names('93.184.216.34', '127.0.0.1')]) {
      const offer = await refusal(`http://pki.example.com:${port}/ca`, { lookup })
      expect(offer?.refused).toMatch(/^127.0.0.1 is of this machine/)
    }
  })

  test('a private network only where somebody agreed, and then once', async () => {
    const lookup = names('127.0.0.1')
    const offers = createOffers({ lookup, kindOf: () => 'private' })
    const url = `http://pki.example.com:${port}/ca`
    asked.length = 0
    expect(await offers(url)).toEqual({
      refused: '127.0.0.1 is of a private network',
      private: true,
    })
    expect(asked).toEqual([])
    for (const _ of [1, 2]) {
      expect(await offers(url, { mayBePrivate: true })).toEqual({ bytes: Buffer.from('here') })
    }
    expect(asked).toEqual(['/ca'])
  })

  test('no user or password, and nothing but http and https', async () => {
    const kindOf = () => 'public' as const
    expect(await refusal(`http://a:b@127.0.0.1:${port}/ca`, { kindOf })).toMatchObject({
      refused: 'it holds a user or a password',
    })
    expect(await refusal('ftp://127.0.0.1/ca', { kindOf })).toMatchObject({
      refused: 'it is neither http nor https',
    })
  })
})

describe('where an address leads on', () => {
  const kindOf = (address: string) => (address === '127.0.0.2' ? 'inner' : 'public')
  const get = async (location: string) => {
    asked.length = 0
    const url = `http://127.0.0.1:${port}/to/${encodeURIComponent(location)}`
    return { offer: await createOffers({ kindOf })(url), asked: asked.length }
  }

  test('it is followed, twice at most', async () => {
    expect(await get('/ca')).toEqual({ offer: { bytes: Buffer.from('here') }, asked: 2 })
    expect(await get('/loop')).toEqual({
      ...{ offer: { refused: 'it leads on more than 2 times' }, asked: 3 },
    })
  })

  test('the next address is looked at like the first', async () => {
    expect(await get(`http://127.0.0.2:${port}/ca`)).toMatchObject({
      ...{ offer: { refused: expect.stringMatching(/^127.0.0.2 is of this machine/) }, asked: 1 },
    })
    expect(await get('file:///etc/passwd')).toMatchObject({
      ...{ offer: { refused: 'it is neither http nor https' }, asked: 1 },
    })
  })
})
