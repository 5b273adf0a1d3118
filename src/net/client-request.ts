import { connect as connectTcp } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { Address } from './address.ts'

/** Types of records and of messages (RFC 5246, 6.2.1 and 7.4). */
const handshakeRecord = 22
const certificateRequest = 13

/**
 * Whether a server asks its clients for a certificate. TLS 1.2, the last version that asks in the clear;
 * nothing is sent but the handshake.
 *
 * @returns undefined where no handshake in TLS 1.2 comes so far
 */
export function asksForCertificate(
  { host, port }: Address,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<boolean | undefined> {
  return new Promise(resolve => {
    const received: Buffer[] = []
    const tcp = connectTcp({ host, port })
    const wire = new Duplex({
      read: () => void tcp.resume(),
      write: (chunk, _encoding, done) => void tcp.write(chunk, () => done()),
      final: done => void tcp.end(done),
    })
    tcp.on('data', chunk => {
      received.push(chunk)
      wire.push(chunk)
    })
    tcp.on('end', () => wire.push(null))
    const tls = connectTls({
      socket: wire,
      maxVersion: 'TLSv1.2',
      checkServerIdentity: () => undefined,
    })
    const finish = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      tls.destroy()
      tcp.destroy()
      const types = messageTypes(Buffer.concat(received))
      resolve(types.length > 1 ? types.includes(certificateRequest) : undefined)
    }
    const timer = setTimeout(finish, timeoutMs)
    signal.addEventListener('abort', finish, { once: true })
    // whether the certificate is trusted, or ours is missed, matters to nobody here
    for (const each of [tls, wire, tcp]) each.on('error', finish)
    tls.once('secureConnect', finish)
    tcp.once('close', finish)
  })
}

/** The types of the handshake messages that a server sends before it encrypts. */
function messageTypes(bytes: Buffer): number[] {
  const parts: Buffer[] = []
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === handshakeRecord; ) {
    const length = bytes.readUInt16BE(at + 3)
    parts.push(bytes.subarray(at + 5, at + 5 + length))
    at += 5 + length
  }
  const messages = Buffer.concat(parts)
  const types: number[] = []
  for (let at = 0; at + 4 <= messages.length; at += 4 + messages.readUIntBE(at + 1, 3))
    types.push(messages[at] ?? 0)
  return types
}
