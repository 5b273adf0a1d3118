import { connect } from 'node:net'
import type { Address } from './address.ts'

/** Whether an address takes connections. Milliseconds until silence counts as no. */
export function takesConnections({ host, port }: Address, timeoutMs = 1_000): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const finish = (yes: boolean) => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => finish(true))
    socket.once('timeout', () => finish(false))
    socket.once('error', () => finish(false))
  })
}
