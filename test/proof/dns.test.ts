import { setMaxListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createRunTool } from '../../src/process/run-tool.ts'
import type { RunTool, ToolCall } from '../../src/process/tool.ts'
import { lookAtDns } from '../../src/proof/dns-look.ts'
import { nslookupArguments, probeDns } from '../../src/proof/dns-probe.ts'
import { fakeWorld } from '../support/play.ts'
import { createScratch, skipped } from '../support/scratch.ts'
import {
  type Asked,
  a,
  aaaa,
  closedPort,
  cname,
  type NameServerSeen,
  type Reply,
  rcodes,
  serveNames,
  soa,
} from '../support/servers.ts'

const name = 'fraud.ml.example.com'
const right = '203.0.113.17'
const old = '198.51.100.4'
const absent: Reply = { rcode: rcodes.nxdomain, authorities: [soa('example.com', 840)] }
const { signal } = new AbortController()
setMaxListeners(0, signal)

/** Answers by `name type`; the rest does not exist. */
function records(of: Record<string, Reply>) {
  return (asked: Asked): Reply => of[`${asked.name.toLowerCase()} ${asked.type}`] ?? absent
}

const leads = (...ips: string[]): Record<string, Reply> => ({
  [`${name} A`]: { answers: ips.map(ip => a(name, ip)) },
  [`${name} AAAA`]: {},
})

function look(
  resolver: Pick<NameServerSeen, 'host' | 'port'> | undefined,
  more: { host?: string; server?: string } = {},
) {
  const world = { resolvers: () => (resolver ? [`${resolver.host}:${resolver.port}`] : []) }
  return lookAtDns({ name, host: right, ...more }, world, signal)
}

describe.concurrent('a look at DNS', () => {
  it('is settled where the resolver leads to the endpoint', async ({ onTestFinished }) => {
    const resolver = await serveNames(onTestFinished, records(leads(right)))
    expect(await look(resolver)).toMatchObject({
      settled: true,
      servers: [{ server: 'system resolver', role: 'resolver', says: right, state: 'right' }],
      seen: `1 of 1 servers say ${right}`,
    })
  })

  it('names the record to create, and how long "no such name" may stay', async ({
    onTestFinished,
  }) => {
    const resolver = await serveNames(onTestFinished, () => absent)
    expect(await look(resolver)).toMatchObject({
      settled: false,
      servers: [{ says: 'no such name', state: 'absent', note: 'may keep saying so for 14 min' }],
      copy: `${name}. 300 IN A ${right}`,
      record: { type: 'A', name, value: right, ttl: 300 },
    })
  })

  it.for([
    ['an old address', leads(old), old, 'the old address, kept for up to 5 min'],
    [
      'an old one beside it',
      leads(old, right),
      `${old}, ${right}`,
      'another address beside the right one',
    ],
    [
      'an alias to the old one',
      { [`${name} A`]: { answers: [cname(name, 'old.example'), a('old.example', old)] } },
      old,
      'the old address, kept for up to 5 min, over old.example',
    ],
    [
      'an alias to nothing',
      {
        [`${name} A`]: { answers: [cname(name, 'gone.example')] },
        [`${name} AAAA`]: { answers: [cname(name, 'gone.example')] },
      },
      'no address: gone.example',
      undefined,
    ],
    [
      'aliases in a circle',
      { [`${name} A`]: { answers: [cname(name, name)] } },
      'CNAME loop',
      undefined,
    ],
  ] as const)(
    'knows %s from one that time heals',
    async ([_what, of, says, note], { onTestFinished }) => {
      const resolver = await serveNames(
        onTestFinished,
        records(of as unknown as Record<string, Reply>),
      )
      const { servers, settled } = await look(resolver)
      expect(settled).toBe(false)
      expect(servers[0]).toMatchObject({ state: 'wrong', says })
      expect(servers[0]?.note).toBe(note)
    },
  )

  it.for([
    ['SERVFAIL', { rcode: rcodes.servfail }],
    ['REFUSED', { rcode: rcodes.refused }],
  ] as const)(
    'does not know where the resolver says %s',
    async ([says, reply], { onTestFinished }) => {
      const resolver = await serveNames(onTestFinished, () => reply)
      expect(await look(resolver)).toMatchObject({
        settled: false,
        servers: [{ says, state: 'unknown' }],
      })
    },
  )

  it('does not know where nobody answers, or nobody is to be asked', async () => {
    const closed = { host: '127.0.0.1', port: await closedPort() }
    expect(await look(closed)).toMatchObject({ settled: false, servers: [{ state: 'unknown' }] })
    expect(await look(undefined)).toMatchObject({ settled: false, seen: 'no resolver is set' })
  })

  it('asks the resolver that the clients use, and lets it decide', async ({ onTestFinished }) => {
    const own = await serveNames(onTestFinished, () => absent)
    const clients = await serveNames(onTestFinished, records(leads(right)))
    const server = `127.0.0.1:${clients.port}`
    const found = await look(own, { server })
    expect(found.settled).toBe(true)
    expect(found.servers.map(each => [each.server, each.role, each.state])).toEqual([
      [server, 'named', 'right'],
      ['system resolver', 'resolver', 'absent'],
    ])
    const stale = await serveNames(onTestFinished, records(leads(old)))
    const swapped = await look(clients, { server: `127.0.0.1:${stale.port}` })
    expect(swapped.settled).toBe(false)
  })

  it('takes an alias to the load balancer for right, and asks for a CNAME', async ({
    onTestFinished,
  }) => {
    const lb = 'lb-1.cloud.example'
    const of = {
      [`${name} A`]: { answers: [cname(name, lb), a(lb, right)] },
      [`${name} AAAA`]: { answers: [cname(name, lb)] },
      [`${lb} A`]: { answers: [a(lb, right)] },
      [`${lb} AAAA`]: {},
    }
    const resolver = await serveNames(onTestFinished, records(of))
    expect(await look(resolver, { host: lb })).toMatchObject({
      settled: true,
      copy: `${name}. 300 IN CNAME ${lb}.`,
    })
    const flat = await serveNames(onTestFinished, records({ ...of, ...leads(right) }))
    expect((await look(flat, { host: lb })).settled).toBe(true)
  })

  it('knows an IPv6 address', async ({ onTestFinished }) => {
    const host = '2001:db8::17'
    const of = { [`${name} A`]: {}, [`${name} AAAA`]: { answers: [aaaa(name, '2001:DB8::17')] } }
    const resolver = await serveNames(onTestFinished, records(of))
    expect(await look(resolver, { host })).toMatchObject({
      settled: true,
      copy: `${name}. 300 IN AAAA ${host}`,
    })
    // a client with IPv6 would go to the old one first
    const both = {
      [`${name} A`]: { answers: [a(name, old)] },
      [`${name} AAAA`]: { answers: [aaaa(name, host)] },
    }
    expect((await look(await serveNames(onTestFinished, records(both)), { host })).settled).toBe(
      false,
    )
  })

  it('asks the servers of the zone, and says which one lags', async ({ onTestFinished, skip }) => {
    const at53 = async (host: string, say: (asked: Asked) => Reply) => {
      try {
        return await serveNames(onTestFinished, say, { host, port: 53 })
      } catch (error) {
        return skipped(`port 53 of ${host} cannot be taken: ${(error as Error).message}`)
      }
    }
    const answers = [a(name, right)]
    const first = await at53('127.53.0.1', ({ type }) =>
      type === 'A' ? { answers, authoritative: true } : {},
    )
    let second: Reply = { answers: [a(name, old)], authoritative: true }
    const lagging = await at53('127.53.0.2', ({ type }) => (type === 'A' ? second : {}))
    if (!first || !lagging) return skip()
    const ns = (data: string) => ({ type: 'NS' as const, name: 'example.com', data, ttl: 300 })
    const resolver = await serveNames(
      onTestFinished,
      records({
        ...leads(right),
        'example.com NS': { answers: [ns('ns1.example.com'), ns('ns2.example.com')] },
        'ns1.example.com A': { answers: [a('ns1.example.com', '127.53.0.1')] },
        'ns2.example.com A': { answers: [a('ns2.example.com', '127.53.0.2')] },
      }),
    )
    expect(await look(resolver)).toMatchObject({
      settled: false,
      zone: 'example.com',
      servers: [
        { server: 'ns1.example.com', role: 'zone', state: 'right' },
        {
          server: 'ns2.example.com',
          role: 'zone',
          state: 'wrong',
          says: old,
          note: 'the old address',
        },
        { server: 'system resolver', state: 'right' },
      ],
      seen: `ns2.example.com says ${old}`,
      text: expect.arrayContaining([
        'Create this record in zone example.com (or change the one that is there):',
      ]),
    })
    second = { rcode: rcodes.servfail }
    expect(await look(resolver)).toMatchObject({ settled: true, silent: ['ns2.example.com'] })
    expect(first.asked.every(({ recursive }) => !recursive)).toBe(true)
  })
})

const printed = `Server:\t\t127.0.0.1
Address:\t127.0.0.1#53

Non-authoritative answer:
${name}\tcanonical name = lb.example.
Name:\tlb.example
Address: ${right}
Name:\tlb.example
Address: 2001:DB8::17
`

describe.concurrent('dns.address', () => {
  async function probe(run: RunTool, resolver: NameServerSeen, server?: string) {
    const world = fakeWorld({ resolvers: () => [`127.0.0.1:${resolver.port}`] })
    return probeDns({ name, host: right, ...(server ? { server } : {}) }, { world, run, signal })
  }

  it('is what nslookup says, with the servers that were asked', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.file('said', printed)
    box.tool('nslookup', `cat '${box.folder}/said'`)
    const calls: ToolCall[] = []
    const run: RunTool = call => {
      calls.push(call)
      return createRunTool(box.env)(call)
    }
    const resolver = await serveNames(onTestFinished, records(leads(right)))
    const { result, addresses } = await probe(run, resolver)
    expect(addresses).toEqual([right, '2001:db8::17'])
    expect(result).toMatchObject({
      id: 'dns.address',
      decides: 'report',
      state: 'pass',
      seen: `${right}, 2001:db8::17 (nslookup, 1 of 1 servers)`,
      command: `nslookup -timeout=5 -port=${resolver.port} ${name} 127.0.0.1`,
    })
    expect(calls).toHaveLength(1)
  })

  it('is looked up without nslookup, and says so', async ({ onTestFinished }) => {
    const run: RunTool = async ({ argv }) => ({
      argv,
      outcome: 'missing',
      stdout: '',
      stderr: '',
      tookMs: 0,
    })
    const resolver = await serveNames(onTestFinished, records(leads(right)))
    const { result, addresses } = await probe(run, resolver)
    expect(addresses).toEqual([right])
    expect(result).toMatchObject({
      state: 'pass',
      seen: `${right} (built in: no nslookup here, 1 of 1 servers)`,
    })
  })

  it('fails where nslookup and the servers do not agree', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('nslookup', 'echo "** server can\'t find it: NXDOMAIN"; exit 1')
    const resolver = await serveNames(onTestFinished, records(leads(right)))
    const { result } = await probe(createRunTool(box.env), resolver)
    expect(result).toMatchObject({
      state: 'fail',
      seen: 'nslookup finds no address, though 1 servers have it',
    })
  })

  it('says what to create where the name leads elsewhere', async ({ onTestFinished }) => {
    const box = createScratch(onTestFinished)
    box.tool('nslookup', 'echo "\u001b[31mName: x"')
    const resolver = await serveNames(onTestFinished, records(leads(old)))
    const { result } = await probe(createRunTool(box.env), resolver)
    expect(result).toMatchObject({
      state: 'fail',
      seen: `system resolver says ${old}`,
      fix: `Create or correct this record: ${name}. 300 IN A ${right}`,
    })
    expect(result.evidence).toEqual([
      `system resolver: ${old} (the old address, kept for up to 5 min)`,
      'Name: x',
    ])
  })
})

describe('the command line of nslookup', () => {
  const wanted = { name, host: right }
  it.each([
    [wanted, '10.0.0.2', ['nslookup', '-timeout=5', name]],
    [wanted, '127.0.0.1:5353', ['nslookup', '-timeout=5', '-port=5353', name, '127.0.0.1']],
    [
      { ...wanted, server: '10.0.0.2' },
      '127.0.0.1:5353',
      ['nslookup', '-timeout=5', name, '10.0.0.2'],
    ],
    [
      { ...wanted, server: '[2001:db8::1]:54' },
      undefined,
      ['nslookup', '-timeout=5', '-port=54', name, '2001:db8::1'],
    ],
  ])('%j with %s', (asked, own, argv) => {
    expect(nslookupArguments(asked, own)).toEqual(argv)
  })
})
