import type { Performing } from '../../../plan/op.ts'
import type { Host } from './destinations.ts'
import { type HostFile, type Hosts, onHost, onHosts } from './on-host.ts'

/** What lies at a path on one host, as far as a certificate may be seen of it. */
export interface FoundOnHost {
  host: Host
  state: 'none' | 'closed' | 'there'
  /** Its certificates. */
  pem: string
}

/** Reads the certificates at a path of all hosts: of a file that holds a key as well, nothing else comes here. */
export async function certificatesOnHosts(
  ssh: Hosts,
  path: string,
  ctx: Pick<Performing, 'run' | 'signal'>,
): Promise<FoundOnHost[]> {
  const file: HostFile = { name: 'chain', mode: 0o644, path }
  const answers = await onHosts(ssh, async host => ({
    host,
    answer: await onHost(host, ['show'], [file], ssh, ctx),
  }))
  return answers.map(({ host, answer: { states, pem } }) => ({
    host,
    state: states.chain === 'none' || states.chain === 'closed' ? states.chain : 'there',
    pem: pem.chain ?? '',
  }))
}
