import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { asksForCertificate } from '../../src/net/client-request.ts'
import { make } from '../support/certificates.ts'
import { closedPort, serveTls } from '../support/servers.ts'

const own = make({ at: Date.now() })
const pair = { key: own.keyPem, cert: own.pem }
const look = (port: number) =>
  asksForCertificate(
    { host: '127.0.0.1', port },
    { timeoutMs: 20_000, signal: new AbortController().signal },
  )

describe.concurrent('whether a server asks for a certificate', () => {
  it.for([
    [{}, false],
    [{ requestCert: true, rejectUnauthorized: false }, true],
    [{ requestCert: true, rejectUnauthorized: true }, true],
  ] as const)('%j: %s', async ([options, asks], { onTestFinished }) => {
    const { port } = await serveTls(onTestFinished, { ...pair, ...options })
    expect(await look(port)).toBe(asks)
  })

  it('is not known where no TLS 1.2 is spoken, or nothing', async ({ onTestFinished }) => {
    const { port } = await serveTls(onTestFinished, { ...pair, minVersion: 'TLSv1.3' })
    expect(await look(port)).toBe(undefined)
    expect(await look(await closedPort())).toBe(undefined)
    const plain = createServer(socket => socket.end('HTTP/1.0 400 Bad Request\r\n\r\n'))
    onTestFinished(() => void plain.close())
    await new Promise<void>(resolve => plain.listen(0, '127.0.0.1', resolve))
    expect(await look((plain.address() as AddressInfo).port)).toBe(undefined)
  })
})
