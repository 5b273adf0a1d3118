import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { causesOf } from '../../../src/targets/aistore/offline/causes.ts'
import { lastWords } from '../../../src/targets/aistore/offline/log-words.ts'
import { type HttpSettings, nothingRead } from '../../../src/targets/aistore/present.ts'
import { family, make, now } from '../../support/certificates.ts'

let folder: string
let http: HttpSettings
const whole = family({ names: ['a.example.com', '10.0.0.5'] })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'se-causes-'))
  http = {
    ...nothingRead.http,
    use_https: true,
    server_crt: put('server.crt', whole.leaf.pem + whole.issuing.pem),
    server_key: put('server.key', whole.leaf.keyPem),
    client_ca_tls: put('ca.crt', whole.root.pem),
    client_auth_tls: 0,
    skip_verify: false,
  }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(name: string, content: string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const node = {
  id: 't1',
  kind: 'target' as const,
  public: '10.0.0.5:8081',
  control: '10.0.0.5:9081',
  data: '10.0.0.5:10081',
}

async function idsOf(
  change: Partial<HttpSettings> = {},
  more: object = {},
  pairHere = true,
): Promise<string[]> {
  const settings = { ...http, ...change }
  const files = {
    node,
    http: settings,
    mapGone: false,
    unread: '',
    uuid: 'u',
    mapUuid: 'u',
    ...more,
  }
  const causes = await causesOf(files, { uuid: 'u', now, systemRoots: [], pairHere })
  return causes.map(({ id }) => id)
}

describe('why a node does not start', () => {
  it('finds nothing where all is well, nor in a cluster on HTTP', async () => {
    expect(await idsOf()).toEqual([])
    expect(await idsOf({ use_https: false, server_crt: '/none', server_key: '/none' })).toEqual([])
  })

  it('a path that leads nowhere, and a file that holds no certificate', async () => {
    expect(await idsOf({ server_crt: '/nonexistent/server.crt' })).toEqual(['aistore.no-file'])
    expect(await idsOf({ server_crt: put('x', 'hello') })).toEqual(['aistore.no-file'])
  })

  it('judges no file that lies on another machine', async () => {
    expect(await idsOf({ server_crt: '/nonexistent/server.crt' }, {}, false)).toEqual([])
    expect(await idsOf({}, { mapGone: true, mapUuid: undefined }, false)).toEqual([
      'aistore.map-gone',
    ])
  })

  it('the key of another certificate', async () => {
    const key = put('other.key', make().keyPem)
    expect(await idsOf({ server_key: key })).toEqual(['aistore.pair-mismatch'])
  })

  it('a certificate that has expired, or is not valid yet', async () => {
    for (const from of [-400, 400]) {
      const { leaf, issuing, root } = family({ names: ['10.0.0.5'], from, to: from + 30 })
      const files = {
        server_crt: put('s.crt', leaf.pem + issuing.pem),
        server_key: put('s.key', leaf.keyPem),
        client_ca_tls: put('s.ca', root.pem),
      }
      expect(await idsOf(files)).toEqual(['aistore.not-valid'])
    }
  })

  it('a certificate for servers alone, where nodes verify each other as clients', async () => {
    const { leaf, issuing, root } = family({ names: ['10.0.0.5'], eku: ['serverAuth'] })
    const files = {
      server_crt: put('s.crt', leaf.pem + issuing.pem),
      server_key: put('s.key', leaf.keyPem),
      client_ca_tls: put('s.ca', root.pem),
    }
    expect(await idsOf({ ...files, client_auth_tls: 4 })).toEqual(['aistore.no-client-usage'])
    expect(await idsOf({ ...files, client_auth_tls: 2 })).toEqual([])
  })

  it('a root that nobody told the nodes, another one, and one whose file is gone', async () => {
    const other = put('other.ca', family().root.pem)
    for (const client_ca_tls of ['', other, '/nonexistent/ca.crt'])
      expect(await idsOf({ client_ca_tls })).toEqual(['aistore.no-ca'])
    expect(await idsOf({ client_ca_tls: '', skip_verify: true })).toEqual([])
  })

  it('a certificate without the address of the node', async () => {
    const there = { node: { ...node, control: '10.0.0.9:9081' } }
    expect(await idsOf({}, there)).toEqual(['aistore.no-name'])
  })

  it('a cluster map that is gone, or of another cluster', async () => {
    expect(await idsOf({}, { mapGone: true, mapUuid: undefined })).toEqual(['aistore.map-gone'])
    expect(await idsOf({}, { uuid: 'other' })).toEqual(['aistore.other-uuid'])
  })
})

describe('the last words of a log', () => {
  // as aisnode of 5.0 wrote them
  it.each([
    ['htrun:487 FATAL ERROR: tls-cert-loader: failed to fstat "/n/server.crt"', 'aistore.no-file'],
    ['certloader:195 FATAL: failed to load (c, k), err: open /k: no such file', 'aistore.no-file'],
    ['x:1 err: tls: private key does not match public key', 'aistore.pair-mismatch'],
    ['x:1 tls-cert-loader: c expired (valid until 2025-02-01)', 'aistore.not-valid'],
    [
      'daemon:384 Terminated with err: remote error: tls: bad certificate',
      'aistore.no-client-usage',
    ],
    ['daemon:384 Terminated with err: x509: signed by unknown authority', 'aistore.no-ca'],
    ['daemon:384 Terminated with err: startup timeout', 'aistore.map-gone'],
    ['daemon:384 Terminated with err: [cluster integrity error cie#110', 'aistore.other-uuid'],
  ])('%s', async (line, id) => {
    mkdirSync(join(folder, 'log'))
    put('log/aisnode.vm.ERROR.1', `Started up\nW 1:2:3 x:1 a warning\nE 10:00:00.1 ${line}\n`)
    expect(await lastWords(join(folder, 'log'))).toMatchObject({ id })
  })

  it('are nothing where there is no log', async () => {
    expect(await lastWords(join(folder, 'none'))).toBe(undefined)
  })
})
