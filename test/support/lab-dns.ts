import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Sets or takes away an address record in the DNS lab's own zone. */
export function setLabRecord(name: string, address?: string): void {
  const { LAB_DNS_PRIMARY, LAB_DNS_ZONE, LAB_DNS_TSIG_KEYFILE = '' } = process.env
  const add = address === undefined ? '' : `update add ${name}. 5 A ${address}\n`
  const input = `server ${LAB_DNS_PRIMARY}\nzone ${LAB_DNS_ZONE}\nupdate delete ${name}. A\n${add}send\n`
  const { status, stderr } = spawnSync('nsupdate', ['-k', LAB_DNS_TSIG_KEYFILE], {
    input,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`nsupdate: ${stderr}`)
}

/**
 * A command whose system resolver is the DNS lab's, in a mount namespace of its own.
 *
 * @param folder where the resolv.conf of the namespace lies
 */
export function withLabResolver(folder: string, command: string[]): string[] {
  const file = join(folder, 'resolv.conf')
  writeFileSync(file, `nameserver ${process.env.LAB_DNS_RESOLVER}\n`)
  const script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
  return ['unshare', '-m', 'sh', '-c', script, 'sh', file, ...command]
}
