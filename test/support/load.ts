import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { connect } from 'node:tls'

export interface LoadOptions {
  host: string
  port: number
  /** SNI and certificate name. */
  name: string
  /** What is asked for; by default `/`. */
  path?: string
  /** PEM file of the roots that clients trust. */
  roots: string
  /** New connections a second. */
  rate: number
}

export interface LoadSeen {
  /** New TLS connections, each with one request; requests of the one client that keeps its connection. */
  connections: number
  requests: number
  /** What each client without an answer was told: nothing is tried again. */
  lost: string[]
  seconds: number
}

const patienceMs = 5_000

/**
 * Clients without retries: so many new TLS connections a second, each with one GET, and one client
 * that goes on over the connection that it has. All of them verify name and chain.
 */
export function startLoad(options: LoadOptions): { end(): Promise<LoadSeen> } {
  const began = performance.now()
  const ca = readFileSync(options.roots)
  const lost: string[] = []
  const open = new Set<Promise<void>>()
  let connections = 0
  const timer = setInterval(() => {
    // a timer that comes late makes up for it: the rate is what is promised
    const due = Math.floor(((performance.now() - began) / 1000) * options.rate)
    for (; connections < due; connections += 1) {
      const one = once(options, ca).catch((error: Error) => {
        lost.push(`new connection: ${error.message}`)
      })
      open.add(one)
      one.then(() => open.delete(one))
    }
  }, 10)
  const keeping = keepAlive(options, ca, lost)
  return {
    async end() {
      clearInterval(timer)
      // what is still open is waited for; nothing new comes
      const seconds = (performance.now() - began) / 1000
      const requests = await keeping.end()
      await Promise.all(open)
      return { connections, requests, lost, seconds }
    },
  }
}

/** One new connection and one request on it. */
function once({ host, port, name, path = '/' }: LoadOptions, ca: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, servername: name, ca, timeout: patienceMs })
    let text = ''
    const failed = (why: string) => {
      socket.destroy()
      reject(new Error(why))
    }
    socket.once('secureConnect', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: ${name}\r\nconnection: close\r\n\r\n`)
    })
    socket.on('data', data => {
      text += data
    })
    socket.once('timeout', () => failed('no answer in 5 s'))
    socket.once('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message))
    socket.once('close', () =>
      text.startsWith('HTTP/1.1 200') ? resolve() : failed(`closed after "${text.slice(0, 20)}"`),
    )
  })
}

/** One request after the other over one connection, and a new one only where the server has ended it. */
function keepAlive({ host, port, name, path = '/' }: LoadOptions, ca: Buffer, lost: string[]) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const to = { host, port, path, servername: name, ca, agent, timeout: patienceMs }
  let over = false
  let requests = 0
  const ask = () =>
    new Promise<void>(resolve => {
      requests += 1
      const failed = (why: string) => {
        lost.push(`kept connection: ${why}`)
        resolve()
      }
      const asking = request({ ...to, headers: { host: name } }, response => {
        if (response.statusCode !== 200) failed(`status ${response.statusCode}`)
        response.resume().once('end', resolve).once('error', resolve)
      })
      asking.once('timeout', () => asking.destroy(new Error('no answer in 5 s')))
      asking.once('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message))
      asking.end()
    })
  const going = (async () => {
    while (!over) {
      await ask()
      await new Promise(resolve => setTimeout(resolve, 200))
      // a close by the server that has arrived is seen before the next request goes out
      await new Promise(resolve => setImmediate(resolve))
    }
  })()
  return {
    async end() {
      over = true
      await going
      agent.destroy()
      return requests
    },
  }
}
