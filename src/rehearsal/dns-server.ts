import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'
import packet, { type DecodedPacket, type StringAnswer } from 'dns-packet'

export interface StageDns {
  port: number
  close(): Promise<void>
}

/**
 * A name server on loopback, UDP and TCP on one free port, that answers A for the names given and
 * NXDOMAIN for all others.
 */
export async function serveDns(addressOf: (name: string) => string | undefined): Promise<StageDns> {
  const answer = (query: Buffer) => encodeAnswer(query, addressOf)
  for (let attempt = 0; ; attempt += 1) {
    const udp = createSocket('udp4')
    await new Promise<void>(resolve => udp.bind(0, '127.0.0.1', resolve))
    const { port } = udp.address()
    udp.on('message', (query, from) => {
      const reply = answer(query)
      if (reply) udp.send(reply, from.port, from.address)
    })
    const tcp = createServer(socket => answerTcp(socket, answer))
    try {
      await new Promise<void>((resolve, reject) => {
        tcp.once('error', reject)
        tcp.listen(port, '127.0.0.1', resolve)
      })
    } catch (error) {
      udp.close() // the port is taken for TCP by somebody else: another one
      if (attempt < 20) continue
      throw error
    }
    udp.unref()
    tcp.unref()
    const close = async () => {
      await Promise.all([
        new Promise<void>(resolve => udp.close(() => resolve())),
        new Promise<void>(resolve => tcp.close(() => resolve())),
      ])
    }
    return { port, close }
  }
}

function answerTcp(socket: Socket, answer: (query: Buffer) => Buffer | undefined): void {
  let received = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
    const reply = answer(received.subarray(2, 2 + received.readUInt16BE(0)))
    if (!reply) return void socket.destroy()
    const length = Buffer.alloc(2)
    length.writeUInt16BE(reply.length)
    socket.end(Buffer.concat([length, reply]))
  })
}

function encodeAnswer(
  query: Buffer,
  addressOf: (name: string) => string | undefined,
): Buffer | undefined {
  let asked: DecodedPacket
  try {
    asked = packet.decode(query)
  } catch {
    return undefined
  }
  const question = asked.questions?.[0]
  if (!question) return undefined
  const address = addressOf(question.name.toLowerCase())
  const records: StringAnswer[] =
    address !== undefined && question.type === 'A'
      ? [{ type: 'A', name: question.name, ttl: 5, data: address }]
      : []
  const nameError = address === undefined ? 3 : 0
  const flags = packet.AUTHORITATIVE_ANSWER | packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE
  return packet.encode({
    type: 'response',
    ...(asked.id === undefined ? {} : { id: asked.id }),
    flags: flags | nameError,
    questions: [question],
    answers: records,
  })
}
