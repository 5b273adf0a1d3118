import { dirname, join } from 'node:path/posix'
import type { Answers, SecretSource } from '../../answers/answers.ts'
import type { ClientAuth } from './client-auth.ts'

/** The answers under `target.` of an AIStore cluster. Paths on nodes are absolute and POSIX. */
export interface AistoreAnswers {
  kind: 'aistore'
  /** Whether the cluster is there; `new` counts until its first start is proven. */
  deployment: 'running' | 'new'
  /** URL of any gateway (of the primary, where the cluster is new); its scheme is that of the day when it was written. */
  gateway: string
  /** Where each node reads its certificate, key and CA: `net.http` has one path for all nodes. */
  certFile: string
  keyFile: string
  caFile: string
  /** `here`: this machine writes them; `ssh`: their hosts get them; `manual`: a person puts them there. */
  place: 'here' | 'ssh' | 'manual'
  /** For `place: manual`: the file with the lines that the check on each host has said. */
  placed?: string
  /** Where ssh leads to, for `place: ssh`: a pattern for all nodes, and `NODE=DESTINATION`. */
  ssh?: string[]
  /** Whether root writes them there. */
  sudo?: 'no' | 'yes'
  /** The command that starts the nodes again; without it a person does. */
  restart?: string
  /** Of a new cluster: hosts of its nodes beside the gateway's, how many there will be, and what starts them. */
  hosts?: string[]
  proxies?: number
  targets?: number
  firstStart?: string
  /** Which listeners the pair is for. */
  listeners: 'all' | 'public' | 'inside'
  /** Which listeners this machine reaches. */
  ports: 'all' | 'public'
  restartWait: string
  /** Where each node keeps its state and its log; `{node}` stands for its id. By default as it said. */
  confdir?: string
  logDir?: string
  /** Roots that sign what the cluster serves before we touch it. */
  roots?: string
  /** `net.http.client_auth_tls`; without it that stays as it is. */
  clientAuth?: ClientAuth
  /** Our own certificate for clusters that ask clients for one; without it one is made. */
  clientChain?: string
  clientKey?: string
  token?: SecretSource
  /** Whether the settings of `ais` on this machine follow. */
  cli: 'shown' | 'set'
}

export function aistoreAnswers(answers: Answers): AistoreAnswers {
  return answers.target as unknown as AistoreAnswers
}

/** A file in the folder of another one, on the nodes. */
export function beside(path: string, name: string): string {
  return join(dirname(path), name)
}

/** Host and port of a URL; the scheme's own port where none is written. */
export function hostPort(url: string): string {
  const { host, port, protocol } = new URL(url)
  return port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host
}
