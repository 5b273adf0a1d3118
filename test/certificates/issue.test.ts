import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Certificate } from '../../src/certificates/certificate.ts'
import { judge } from '../../src/certificates/gate.ts'
import { issueAuthority, issuedChain, issueLeaf, type Pair } from '../../src/certificates/issue.ts'
import { keyPem } from '../../src/certificates/private-key.ts'
import { type KeyType, keyTypes } from '../../src/certificates/profile.ts'
import { Problem } from '../../src/errors.ts'
import { dayMs, now, profile, runTool, upload } from '../support/certificates.ts'

// openssl and Node's TLS judge by the real clock
const today = Date.now()
const around = { now: today, random: randomBytes }
const names = ['fraud.ml.example.com', '*.x.example.com']
const openssl = runTool('openssl', ['version']).status === 0

function authority(wish: Partial<Parameters<typeof issueAuthority>[0]> = {}) {
  return issueAuthority({ names, keyType: 'ecdsa-p256', days: 90, ...around, ...wish })
}

function leafOf(by: Pair | undefined, wish: Partial<Parameters<typeof issueLeaf>[0]> = {}) {
  return issueLeaf({
    ...{ names, keyType: 'ecdsa-p256', days: 90, extendedKeyUsage: ['serverAuth'], ...around },
    ...(by ? { authority: by } : {}),
    ...wish,
  })
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'issue-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What `openssl verify` says, strictly and for a server. */
function verify(leaf: Certificate, root: Certificate): string {
  const paths = [root, leaf].map(({ pem }, index) => {
    const path = join(folder, `${index}.pem`)
    writeFileSync(path, pem)
    return path
  })
  const [ca = '', file = ''] = paths
  const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', ca, file]
  return runTool('openssl', args).said
}

describe('leaf', () => {
  test('says what was asked for', async () => {
    const ca = await authority()
    const { certificate } = await leafOf(ca, { names: [...names, '10.0.0.5', '10.0.0.5'] })
    expect(certificate).toMatchObject({
      subject: 'CN=fraud.ml.example.com',
      dnsNames: names,
      ipAddresses: ['10.0.0.5'],
      isCa: false,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: ['serverAuth'],
      authorityKeyId: ca.certificate.subjectKeyId,
      critical: ['2.5.29.19', '2.5.29.15'],
    })
    expect(certificate.serial).toMatch(/^[4-7][0-9A-F]{31}$/)
    const seconds = (ms: number) => Math.floor(ms / 1000) * 1000
    expect(certificate.notBefore).toBe(seconds(today - 3_600_000))
    expect(certificate.notAfter).toBe(seconds(today + 90 * dayMs))
  })

  test('has the key that was asked for, and its uses', async () => {
    for (const keyType of keyTypes.filter(each => each !== 'rsa-4096')) {
      const { certificate, key } = await leafOf(undefined, { keyType })
      expect(certificate.keyType).toBe(keyType)
      expect(certificate.x509.checkPrivateKey(key)).toBe(true)
      expect(certificate.keyUsage).toEqual(
        keyType.startsWith('rsa') ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'],
      )
    }
  })

  test('has uses as the profile needs them', async () => {
    const { certificate } = await leafOf(undefined, {
      extendedKeyUsage: ['serverAuth', 'clientAuth'],
    })
    expect(certificate.extendedKeyUsage).toEqual(['serverAuth', 'clientAuth'])
  })

  test('has no address and no long name as its common name', async () => {
    const host = `${'a'.repeat(60)}.example.com`
    const long = await leafOf(undefined, { names: ['10.0.0.5', host] })
    expect(long.certificate.subject).toBe('O=secure-endpoint')
    const both = await leafOf(undefined, { names: ['10.0.0.5', host, 'b.example.com'] })
    expect(both.certificate.commonName).toBe('b.example.com')
  })

  test('the clock and all that is random come from outside', async () => {
    const random = (bytes: number) => Buffer.alloc(bytes, 0xff)
    const { certificate } = await leafOf(undefined, { now, random, days: 1 })
    expect(certificate.serial).toBe(`7F${'FF'.repeat(15)}`)
    expect(certificate.notAfter).toBe(now + dayMs)
  })

  test('of a name that is none a problem is made, not a certificate', async () => {
    const bad = async (names: string[]) => {
      const problem = await leafOf(undefined, { names }).catch((error: unknown) => error)
      expect(problem).toBeInstanceOf(Problem)
      expect((problem as Problem).exit).toBe(65)
      expect((problem as Problem).findings[0]?.id).toBe('cert.name-invalid')
    }
    await bad(['fraud example'])
    await bad(['ok.example.com', ''])
    await bad([])
  })
})

describe('authority', () => {
  test('is a CA for its names alone, for ten years', async () => {
    const { certificate } = await authority()
    expect(certificate).toMatchObject({
      isCa: true,
      pathLength: 0,
      keyUsage: ['keyCertSign', 'cRLSign'],
      selfSigned: true,
      authorityKeyId: certificate.subjectKeyId,
      nameConstraints: {
        critical: true,
        permittedDns: ['fraud.ml.example.com', 'x.example.com'],
        permittedIp: [],
        excludedDns: [],
      },
    })
    expect(certificate.nameConstraints?.excludedIp).toHaveLength(2)
    expect(certificate.commonName).toMatch(
      /^secure-endpoint CA [0-9A-F]{8} \(fraud\.ml\.example\.com\)$/,
    )
    expect(Math.round((certificate.notAfter - today) / dayMs)).toBe(3650)
  })

  test('lives as long as a leaf that lives longer', async () => {
    const { certificate } = await authority({ days: 5000 })
    expect(Math.round((certificate.notAfter - today) / dayMs)).toBe(5000)
  })

  test('keeps its title within 64 characters', async () => {
    const { certificate } = await authority({ names: [`${'a'.repeat(40)}.example.com`] })
    expect(certificate.commonName).toMatch(/^secure-endpoint CA [0-9A-F]{8}$/)
  })

  test('goes in where the target needs the root', async () => {
    const ca = await authority()
    const leaf = await leafOf(ca)
    const needed = profile({ root: 'needed' })
    expect(issuedChain(leaf, ca, needed)).toEqual([leaf.certificate, ca.certificate])
    expect(issuedChain(leaf, ca, profile())).toEqual([leaf.certificate])
    expect(issuedChain(leaf, undefined, needed)).toEqual([leaf.certificate])
  })
})

describe('openssl verify -x509_strict', () => {
  const kinds: KeyType[] = ['ecdsa-p256', 'ecdsa-p384', 'rsa-2048']
  const wanted = { DNS: names, addresses: ['10.0.0.5', '::1'], both: ['a.example.com', '10.0.0.5'] }

  for (const keyType of kinds) {
    for (const [what, names] of Object.entries(wanted)) {
      test(`accepts what was made: ${keyType}, ${what}`, async context => {
        if (!openssl) context.skip('there is no openssl here')
        const ca = await authority({ keyType, names })
        const leaf = await leafOf(ca, { keyType, names })
        expect(verify(leaf.certificate, ca.certificate)).toMatch(/: OK\n$/)
        const alone = await leafOf(undefined, { keyType, names })
        expect(verify(alone.certificate, alone.certificate)).toMatch(/: OK\n$/)
      })
    }
  }

  test('refuses a leaf outside of the constraints', async context => {
    if (!openssl) context.skip('there is no openssl here')
    const outside = async (made: string[], asked: string[]) => {
      const ca = await authority({ names: made })
      return verify((await leafOf(ca, { names: asked })).certificate, ca.certificate)
    }
    const refused = /permitted subtree violation|excluded subtree violation/
    expect(await outside(['a.example.com'], ['b.example.com'])).toMatch(refused)
    expect(await outside(['a.example.com'], ['a.example.com', 'evil.example'])).toMatch(refused)
    expect(await outside(['a.example.com'], ['10.0.0.5'])).toMatch(refused)
    expect(await outside(['a.example.com'], ['::1'])).toMatch(refused)
    expect(await outside(['10.0.0.5'], ['10.0.0.6'])).toMatch(refused)
    expect(await outside(['10.0.0.5'], ['a.example.com'])).toMatch(refused)
    expect(await outside(['a.example.com'], ['b.a.example.com'])).toMatch(/: OK\n$/)
  })
})

describe('a TLS handshake', () => {
  /** What Node's client says to a server with this pair. */
  async function handshake(pair: Pair, ca: Certificate, host: string): Promise<string> {
    const server = createServer({ cert: pair.certificate.pem, key: keyPem(pair.key) })
    server.on('tlsClientError', () => {})
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const said = await new Promise<string>(resolve => {
      const socket = connect({ host: '127.0.0.1', port, servername: host, ca: ca.pem })
      const finish = (words: string) => {
        socket.destroy()
        resolve(words)
      }
      socket.once('secureConnect', () => finish('trusted'))
      socket.once('error', (error: NodeJS.ErrnoException) =>
        // Node has no code of its own for some of OpenSSL's verdicts
        finish(error.code === 'UNSPECIFIED' ? error.message : `${error.code}`),
      )
    })
    await new Promise(resolve => server.close(resolve))
    return said
  }

  test('is trusted through the CA, and where the leaf is its own', async () => {
    const ca = await authority()
    const leaf = await leafOf(ca)
    expect(await handshake(leaf, ca.certificate, 'fraud.ml.example.com')).toBe('trusted')
    expect(await handshake(leaf, ca.certificate, 'a.x.example.com')).toBe('trusted')
    const alone = await leafOf(undefined, { keyType: 'rsa-2048' })
    expect(await handshake(alone, alone.certificate, 'fraud.ml.example.com')).toBe('trusted')
  })

  test('is refused for another name, by another CA, and outside of the constraints', async () => {
    const ca = await authority()
    const leaf = await leafOf(ca)
    const other = await authority()
    expect(await handshake(leaf, ca.certificate, 'b.example.com')).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    )
    expect(await handshake(leaf, other.certificate, 'fraud.ml.example.com')).not.toBe('trusted')
    const outside = await leafOf(ca, { names: ['evil.example'] })
    expect(await handshake(outside, ca.certificate, 'evil.example')).toBe(
      'permitted subtree violation',
    )
  })
})

test('what is made passes the gate of the profile that it was made for', async () => {
  const wanted = profile({ names: ['fraud.ml.example.com'], root: 'needed' })
  const ca = await authority()
  for (const by of [ca, undefined]) {
    const leaf = await leafOf(by)
    const chain = issuedChain(leaf, by, wanted)
    const files = { 'c.pem': chain.map(({ pem }) => pem).join(''), 'k.pem': keyPem(leaf.key) }
    const judgement = judge({ ...upload(files), profile: wanted, now: today })
    expect(judgement.verdict).toBe('ok')
    expect(judgement.findings.map(({ id }) => id)).toEqual(['cert.root-private'])
  }
})
