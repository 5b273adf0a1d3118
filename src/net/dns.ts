import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import packet, { type Answer, type DecodedPacket, type RecordType } from 'dns-packet'
import type { Address } from './address.ts'
import { isIP } from './is-ip.ts'

/** What one server said to one question. */
export interface DnsAnswer {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED` …; undefined when it gave no answer. */
  rcode?: string
  /** Why there is no answer: `timeout`, or the system's word. */
  error?: string
  /** Whether the server answers for the zone itself. */
  authoritative: boolean
  answers: Answer[]
  authorities: Answer[]
  tookMs: number
}

export interface DnsQuestion {
  server: Address
  name: string
  type: RecordType
  /** Whether a resolver should go and find out; false for the zone's own servers. */
  recursive: boolean
  timeoutMs: number
  signal?: AbortSignal
}

/** Asks one server one question over UDP, and over TCP when the answer does not fit. Never throws. */
export async function askDns(question: DnsQuestion): Promise<DnsAnswer> {
  const began = performance.now()
  const id = randomInt(1, 65536)
  const query = packet.encode({
    type: 'query',
    id,
    flags: question.recursive ? packet.RECURSION_DESIRED : 0,
    questions: [{ type: question.type, name: question.name }],
  })
  const isOurs = (message: Message) =>
    message.id === id &&
    message.flag_qr === true &&
    message.questions?.[0]?.name.toLowerCase() === question.name.toLowerCase()
  let message = await askUdp(question, query, isOurs)
  if (typeof message !== 'string' && message.flag_tc)
    message = await askTcp(question, query, isOurs)
  const tookMs = Math.round(performance.now() - began)
  if (typeof message === 'string') {
    return { error: message, authoritative: false, answers: [], authorities: [], tookMs }
  }
  return {
    rcode: message.rcode,
    authoritative: message.flag_aa === true,
    answers: message.answers ?? [],
    authorities: message.authorities ?? [],
    tookMs,
  }
}

/** dns-packet decodes the response code too; its types leave it out. */
type Message = DecodedPacket & { rcode: string }
type IsOurs = (message: Message) => boolean

function askUdp(question: DnsQuestion, query: Buffer, isOurs: IsOurs): Promise<Message | string> {
  const { server, timeoutMs, signal } = question
  return new Promise(resolve => {
    const socket = createSocket(isIP(server.host) === 6 ? 'udp6' : 'udp4')
    const finish = (result: Message | string) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.close()
      resolve(result)
      finished = true
    }
    let finished = false
    const once = (result: Message | string) => finished || finish(result)
    const onAbort = () => once('aborted')
    const timer = setTimeout(() => once('timeout'), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.on('error', (error: NodeJS.ErrnoException) => once(error.code ?? error.message))
    socket.on('message', data => {
      const message = decode(data)
      if (message && isOurs(message)) once(message) // anything else is not for us: wait on
    })
    socket.once('connect', () => socket.send(query))
    // A connected socket hears at once when nothing listens on the port.
    socket.connect(server.port, server.host)
  })
}

function askTcp(question: DnsQuestion, query: Buffer, isOurs: IsOurs): Promise<Message | string> {
  const { server, timeoutMs, signal } = question
  return new Promise(resolve => {
    const socket = connect({ ...server, ...(signal ? { signal } : {}) })
    const finish = (result: Message | string) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(result)
    }
    const timer = setTimeout(() => finish('timeout'), timeoutMs)
    let received = Buffer.alloc(0)
    socket.on('connect', () => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(query.length)
      socket.write(Buffer.concat([length, query]))
    })
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      const message = decode(received.subarray(2, 2 + received.readUInt16BE(0)))
      finish(message && isOurs(message) ? message : 'answers rubbish')
    })
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.on('close', () => finish('closed'))
  })
}

function decode(data: Buffer): Message | undefined {
  try {
    return packet.decode(data) as Message
  } catch {
    return undefined
  }
}
