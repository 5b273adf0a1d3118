import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { handshake } from '../../../src/net/handshake.ts'
import { make } from '../../support/certificates.ts'
import { type Ended, ended, type Sandbox, serviceYaml } from '../../support/sandbox.ts'
import { until } from '../../support/scratch.ts'

/** The name that the answers of the sandbox secure. */
export const domain = 'svc.test'

/** Each test walks twice through what takes sky's double seconds, on a machine that has other work. */
export const limit = { timeout: 240_000 }

export interface Pair {
  /** Paths of files. */
  key: string
  chain: string
  fingerprint: string
}

/**
 * A self-signed pair as files `NAME.key` and `NAME.pem`. Their size and second of change are always the
 * same, which is all that rsync's quick check looks at.
 */
export function pairFiles(box: Sandbox, name: string, changed = new Date(1_790_000_000_000)): Pair {
  const { pem, keyPem, certificate } = make({ names: [domain], at: Date.now() })
  const paths = { key: box.file(`${name}.key`, keyPem.padEnd(1024, '\n')), chain: '' }
  paths.chain = box.file(`${name}.pem`, pem.padEnd(2048, '\n'))
  for (const path of Object.values(paths)) utimesSync(path, changed, changed)
  return { ...paths, fingerprint: certificate.fingerprint }
}

/** The service YAML with a `tls` section as somebody writes it by hand. */
export function yamlWith(tls: string): string {
  return serviceYaml.replace('  replicas: 1\n', `  replicas: 1\n  tls:${tls}\n`)
}

export function yamlFor({ key, chain }: Pick<Pair, 'key' | 'chain'>): string {
  return yamlWith(`\n    keyfile: ${key}\n    certfile: ${chain}`)
}

/** `sky serve up` by hand. */
export function up(box: Sandbox, name: string, yaml: string): Promise<Ended> {
  box.file('by-hand.yaml', yaml)
  return box.sky(['serve', 'up', 'by-hand.yaml', '-n', name, '-y'])
}

/** Waits until `sky serve status` says READY, as somebody does who trusts it. */
export async function saysReady(box: Sandbox, name: string): Promise<void> {
  for (;;) {
    const { stdout } = await box.sky(['serve', 'status', name])
    if (stdout.includes('  READY  ')) return
  }
}

export async function isGone(box: Sandbox, name: string): Promise<void> {
  await until(() => box.double().services[name] === undefined)
}

/** The port that the double's service listens on. */
export function portOf(box: Sandbox, name = 'svc-a'): number {
  return Number(new URL(box.double().services[name]?.url ?? 'http://nowhere:1').port)
}

/** The fingerprint of the leaf that a service serves; undefined where TLS does not answer. */
export async function servedLeaf(box: Sandbox, name = 'svc-a'): Promise<string | undefined> {
  const { chain } = await handshake({
    host: '127.0.0.1',
    port: portOf(box, name),
    name: domain,
    roots: [],
    timeoutMs: 10_000,
    signal: new AbortController().signal,
  })
  return chain[0] && new X509Certificate(chain[0]).fingerprint256
}

/** curl as a person types it: exit status, and the HTTP status that it saw. */
export async function curl(url: string, ...more: string[]) {
  const { port } = new URL(url)
  const pinned = ['--resolve', `${domain}:${port}:127.0.0.1`]
  const args = ['-q', '-sS', '-m', '20', '--noproxy', '*', ...pinned, '-o', '/dev/null', ...more]
  const { exit, stdout } = await ended(spawn('curl', [...args, '-w', '%{http_code}', url]))
  return { exit, status: Number(stdout) }
}

/** Our own run over the answers of the sandbox, with changes to their text. */
export function init(box: Sandbox, text: string, env: Record<string, string> = {}): Promise<Ended> {
  box.file('a.yaml', text)
  return box.cli(['init', '--answers', 'a.yaml', '--yes'], { env })
}

export function recordOf(box: Sandbox, name = 'svc-a') {
  const path = join(box.state, `endpoints/${name}/endpoint.json`)
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** A file of the generation that is current. */
export function currentFile(box: Sandbox, file: string, name = 'svc-a'): string {
  const folder = join(box.state, `endpoints/${name}`)
  return join(folder, 'generations', readFileSync(join(folder, 'current'), 'utf8').trim(), file)
}
