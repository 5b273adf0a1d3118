import { describe, expect, it } from 'vitest'
import { askDns } from '../../src/net/dns.ts'
import { lookUp } from '../../src/net/lookup.ts'
import { findZone, resolverAddress, sameName } from '../../src/net/zone.ts'
import {
  a,
  aaaa,
  closedPort,
  cname,
  type NameServerSeen,
  type Reply,
  rcodes,
  serveNames,
  serveTcp,
  soa,
} from '../support/servers.ts'

const name = 'fraud.ml.example.com'
const timeoutMs = 20_000
const short = 300

function ask(server: NameServerSeen, more: Partial<Parameters<typeof askDns>[0]> = {}) {
  return askDns({ server, name, type: 'A', recursive: true, timeoutMs, ...more })
}

describe.concurrent('a question to a name server', () => {
  it('that no packet reaches has an error for an answer', async () => {
    // the system refuses to connect to the broadcast address at once
    const server = { host: '255.255.255.255', port: 53, asked: [] }
    expect(await ask(server)).toMatchObject({ error: expect.stringMatching(/^E[A-Z]+$/) })
  })

  it('is answered over UDP, and says whether it may be passed on', async ({ onTestFinished }) => {
    const server = await serveNames(onTestFinished, () => ({
      answers: [a(name, '203.0.113.17')],
      authoritative: true,
    }))
    expect(await ask(server)).toMatchObject({
      rcode: 'NOERROR',
      authoritative: true,
      answers: [{ type: 'A', data: '203.0.113.17', ttl: 300 }],
    })
    await ask(server, { recursive: false })
    expect(server.asked.map(({ over, recursive }) => [over, recursive])).toEqual([
      ['udp', true],
      ['udp', false],
    ])
  })

  it('is asked again over TCP when the answer does not fit', async ({ onTestFinished }) => {
    const all = Array.from({ length: 60 }, (_, index) => a(name, `203.0.113.${index}`))
    const server = await serveNames(onTestFinished, ({ over }) =>
      over === 'udp' ? { truncated: true, answers: all.slice(0, 3) } : { answers: all },
    )
    const { answers } = await ask(server)
    expect(answers).toHaveLength(60)
    expect(server.asked.map(({ over }) => over)).toEqual(['udp', 'tcp'])
  })

  it.for<[string, Reply]>([
    ['another id', { id: 1, answers: [a(name, '192.0.2.66')] }],
    ['another name', { name: 'evil.example.com', answers: [a(name, '192.0.2.66')] }],
    ['a question', { query: true, answers: [a(name, '192.0.2.66')] }],
    ['no message', Buffer.from('rubbish')],
    ['nothing at all', Buffer.alloc(0)],
  ])('is not answered by what has %s', async ([_what, bad], { onTestFinished }) => {
    const right: Reply = { answers: [a(name, '203.0.113.17')] }
    const server = await serveNames(onTestFinished, () => [bad, right])
    // the id of the query is random; the one that is wrong must not happen to be it
    const { answers } = await ask(server)
    expect(answers.map(each => 'data' in each && each.data)).toEqual(['203.0.113.17'])
    const forged = await serveNames(onTestFinished, () => bad)
    expect(await ask(forged, { timeoutMs: short })).toMatchObject({ error: 'timeout', answers: [] })
  })

  it('takes a name in any case for the same', async ({ onTestFinished }) => {
    const server = await serveNames(onTestFinished, () => ({
      name: name.toUpperCase(),
      answers: [a(name, '203.0.113.17')],
    }))
    expect((await ask(server)).rcode).toBe('NOERROR')
  })

  it.for([
    ['SERVFAIL', rcodes.servfail],
    ['NXDOMAIN', rcodes.nxdomain],
    ['REFUSED', rcodes.refused],
  ] as const)('tells %s from no answer', async ([rcode, code], { onTestFinished }) => {
    const server = await serveNames(onTestFinished, () => ({ rcode: code }))
    expect(await ask(server)).toMatchObject({ rcode, answers: [] })
  })

  it('that nobody answers ends at its limit', async ({ onTestFinished }) => {
    const server = await serveNames(onTestFinished, () => 'silent')
    const answer = await ask(server, { timeoutMs: short })
    expect(answer).toMatchObject({ error: 'timeout', authoritative: false, answers: [] })
    expect(answer.rcode).toBeUndefined()
  })

  it('to a port where nothing listens ends at once', async () => {
    const server = { host: '127.0.0.1', port: await closedPort(), asked: [] }
    expect((await ask(server)).error).toBe('ECONNREFUSED')
  })

  it('ends when the user stops', async ({ onTestFinished }) => {
    const stop = new AbortController()
    const server = await serveNames(onTestFinished, () => {
      stop.abort()
      return 'silent'
    })
    expect((await ask(server, { signal: stop.signal })).error).toBe('aborted')
  })

  it('over TCP ends where nobody listens, where it is cut, and where it is rubbish', async ({
    onTestFinished,
  }) => {
    const truncated = () => ({ truncated: true }) as const
    const noTcp = await serveNames(onTestFinished, truncated, { tcp: false })
    expect((await ask(noTcp)).error).toBe('ECONNREFUSED')
    for (const [say, error] of [
      ['', 'closed'],
      ['\u0000\u0004abcd', 'answers rubbish'],
    ] as const) {
      const port = await serveTcp(onTestFinished, socket => {
        socket.once('data', () => socket.end(say))
      })
      const udp = await serveNames(onTestFinished, truncated, { tcp: false, port })
      expect((await ask(udp)).error).toBe(error)
    }
    const silent = await serveTcp(onTestFinished, () => {})
    const udp = await serveNames(onTestFinished, truncated, { tcp: false, port: silent })
    expect((await ask(udp, { timeoutMs: short })).error).toBe('timeout')
  })

  it('for a name that does not fit into a question is no throw', async ({ onTestFinished }) => {
    const server = await serveNames(onTestFinished, () => ({ rcode: rcodes.nxdomain }))
    for (const odd of [
      '',
      '.',
      'a..b',
      `${'a'.repeat(64)}.example`,
      `${'a.'.repeat(200)}example`,
    ]) {
      const answer = await ask(server, { name: odd, timeoutMs: short })
      expect(answer.answers, odd).toEqual([])
    }
  })
})

/** Answers by `name type`; what is not named does not exist. */
function zoneOf(records: Record<string, Reply>) {
  return ({ name: asked, type }: { name: string; type: string }): Reply =>
    records[`${asked.toLowerCase()} ${type}`] ??
    records[asked.toLowerCase()] ?? {
      rcode: rcodes.nxdomain,
      authorities: [soa('example.com', 840)],
    }
}

describe.concurrent('what a server says of a name', () => {
  it('is all of its addresses, and how long they may be kept', async ({ onTestFinished }) => {
    const server = await serveNames(
      onTestFinished,
      zoneOf({
        [`${name} A`]: { answers: [a(name, '203.0.113.17', 60)], authoritative: true },
        [`${name} AAAA`]: { answers: [aaaa(name, '2001:DB8::17', 3600)] },
      }),
    )
    expect(await lookUp(name, server, { timeoutMs })).toEqual({
      outcome: 'addresses',
      addresses: ['203.0.113.17', '2001:db8::17'],
      aliases: [],
      keepsForS: 3600,
      authoritative: true,
    })
  })

  it('goes along a chain of aliases', async ({ onTestFinished }) => {
    const chain = [cname(name, 'a.example.net'), cname('a.example.net', 'b.example.net')]
    const server = await serveNames(
      onTestFinished,
      zoneOf({
        [`${name} A`]: { answers: [...chain, a('b.example.net', '203.0.113.17')] },
        [`${name} AAAA`]: { answers: chain },
      }),
    )
    expect(await lookUp(name, server, { timeoutMs })).toMatchObject({
      outcome: 'addresses',
      addresses: ['203.0.113.17'],
      aliases: ['a.example.net', 'b.example.net'],
    })
  })

  it.for([
    [[cname(name, name)]],
    [[cname(name, 'b.example.com'), cname('b.example.com', name)]],
    [
      [
        cname(name, 'b.example.com'),
        cname('b.example.com', 'c.example.com'),
        cname('c.example.com', 'B.example.com'),
      ],
    ],
  ])('is broken where the aliases lead in a circle', async ([answers = []], { onTestFinished }) => {
    const server = await serveNames(onTestFinished, () => ({ answers }))
    expect(await lookUp(name, server, { timeoutMs })).toMatchObject({
      outcome: 'broken',
      reason: 'CNAME loop',
      addresses: [],
    })
  })

  it('is followed elsewhere where the alias leaves the zone of a server that does not', async ({
    onTestFinished,
  }) => {
    const own = await serveNames(onTestFinished, () => ({
      answers: [cname(name, 'lb.cloud.example')],
      authoritative: true,
    }))
    const follow = await serveNames(
      onTestFinished,
      zoneOf({
        'lb.cloud.example A': { answers: [a('lb.cloud.example', '203.0.113.17')] },
        'lb.cloud.example AAAA': {},
      }),
    )
    expect(await lookUp(name, own, { follow, timeoutMs })).toMatchObject({
      outcome: 'addresses',
      addresses: ['203.0.113.17'],
      aliases: ['lb.cloud.example'],
      authoritative: true,
    })
    expect(own.asked.every(({ recursive }) => !recursive)).toBe(true)
    expect(follow.asked.every(({ recursive }) => recursive)).toBe(true)
  })

  it('does not go round between two servers that send to each other', async ({
    onTestFinished,
  }) => {
    const own = await serveNames(onTestFinished, () => ({
      answers: [cname(name, 'b.example.net')],
    }))
    const follow = await serveNames(onTestFinished, () => ({
      answers: [cname('b.example.net', name)],
    }))
    const found = await lookUp(name, own, { follow, timeoutMs })
    expect(found).toMatchObject({ addresses: [] })
    expect(own.asked).toHaveLength(2)
    expect(follow.asked).toHaveLength(2)
  })

  it.for([
    [
      'no such name',
      { rcode: rcodes.nxdomain, authorities: [soa('example.com', 840)] },
      'absent',
      'no such name',
      840,
    ],
    [
      'no such name, without saying how long',
      { rcode: rcodes.nxdomain },
      'absent',
      'no such name',
      undefined,
    ],
    ['no address', { authorities: [soa('example.com', 60)] }, 'absent', 'no address', 60],
    ['SERVFAIL', { rcode: rcodes.servfail }, 'broken', 'SERVFAIL', undefined],
    ['REFUSED', { rcode: rcodes.refused }, 'broken', 'REFUSED', undefined],
    ['nothing', 'silent', 'silent', 'no answer', undefined],
  ] as const)('is %s', async ([_name, reply, outcome, reason, keepsForS], { onTestFinished }) => {
    const server = await serveNames(onTestFinished, () => reply as Reply)
    const found = await lookUp(name, server, { timeoutMs: short })
    expect(found).toMatchObject({ outcome, reason, addresses: [] })
    expect(found.keepsForS).toBe(keepsForS)
  })

  it('has an address where only one kind is answered', async ({ onTestFinished }) => {
    for (const other of ['silent', { rcode: rcodes.servfail }] as Reply[]) {
      const server = await serveNames(
        onTestFinished,
        zoneOf({ [`${name} A`]: { answers: [a(name, '203.0.113.17')] }, [`${name} AAAA`]: other }),
      )
      expect(await lookUp(name, server, { timeoutMs: short })).toMatchObject({
        outcome: 'addresses',
        addresses: ['203.0.113.17'],
      })
    }
  })

  it('is not known where the question for A is lost, and AAAA has no data', async ({
    onTestFinished,
  }) => {
    const server = await serveNames(
      onTestFinished,
      zoneOf({ [`${name} A`]: 'silent', [`${name} AAAA`]: {} }),
    )
    expect(await lookUp(name, server, { timeoutMs: short })).toMatchObject({ outcome: 'silent' })
  })
})

describe.concurrent('the zone of a name', () => {
  it('is the closest parent with name servers of its own', async ({ onTestFinished }) => {
    const ns = (zone: string, data: string) => ({ type: 'NS' as const, name: zone, data, ttl: 300 })
    const resolver = await serveNames(
      onTestFinished,
      zoneOf({
        [`${name} NS`]: { authorities: [soa('example.com', 60)] },
        'ml.example.com NS': { authorities: [soa('example.com', 60)] },
        'example.com NS': {
          answers: [ns('example.com', 'NS2.example.com'), ns('example.com', 'ns1.example.com')],
        },
        'ns1.example.com A': { answers: [a('ns1.example.com', '192.0.2.1')] },
        'ns1.example.com AAAA': { answers: [aaaa('ns1.example.com', '2001:db8::1')] },
        'ns2.example.com AAAA': { answers: [aaaa('ns2.example.com', '2001:db8::2')] },
        'com NS': { answers: [ns('com', 'a.gtld.example')] },
      }),
    )
    expect(await findZone(name, resolver)).toEqual({
      name: 'example.com',
      servers: [
        { name: 'ns1.example.com', address: { host: '192.0.2.1', port: 53 } },
        { name: 'ns2.example.com', address: { host: '2001:db8::2', port: 53 } },
      ],
    })
  })

  it('is not known where nobody says', async ({ onTestFinished }) => {
    const knows = await serveNames(onTestFinished, () => ({ rcode: rcodes.nxdomain }))
    expect(await findZone(name, knows)).toBeUndefined()
    const server = { host: '127.0.0.1', port: await closedPort() }
    expect(await findZone(name, server)).toBeUndefined()
  })
})

describe('a resolver as it is written', () => {
  it.each([
    ['10.0.0.2', { host: '10.0.0.2', port: 53 }],
    ['10.0.0.2:5353', { host: '10.0.0.2', port: 5353 }],
    ['2001:db8::1', { host: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]', { host: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]:5353', { host: '2001:db8::1', port: 5353 }],
  ])('%s', (text, address) => {
    expect(resolverAddress(text)).toEqual(address)
  })

  it('names compare without case and without the dot at the end', () => {
    expect(sameName('Example.COM.', 'example.com')).toBe(true)
    expect(sameName('example.com', 'example.org')).toBe(false)
  })
})
