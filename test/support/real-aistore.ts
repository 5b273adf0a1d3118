import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, ended, type Sandbox } from './sandbox.ts'

type Json = ReturnType<typeof JSON.parse>

/** The lab's real cluster, with a folder and a record of our own. */
export interface RealAistore extends Pick<Sandbox, 'folder' | 'state' | 'cli' | 'start' | 'file'> {
  /** The pair that is recorded as served. */
  generation(): string
  journal(): Json[]
  /** Where the record of the endpoint lies. */
  record: string
  /** What the primary answers, trusting the recorded roots and with our own certificate. */
  ask(path: string): Json
  /** The leaf that each of the nine ports serves; empty where it speaks no TLS. */
  leaves(): string[]
  /** 200 objects in a bucket, and whether each of them still has its hash. */
  writeObjects(): Promise<void>
  lostObjects(): string[]
  /** Stops a target and starts it; undefined when it joins again, else what it says. */
  restartTarget(name: string): string | undefined
  /** Our own pair, where the answers name one. */
  pair?: { chain: string; key: string } | undefined
  close(): void
}

const bin = process.env.SE_BIN ?? new URL('../../bin/secure-endpoint.cjs', import.meta.url).pathname
const bucket = `se-${process.pid}`
const count = 200

const contentOf = (number: number) =>
  createHash('sha512')
    .update(`${bucket} ${number}`)
    .digest('hex')
    .repeat(1 + (number % 40))

/**
 * @param endpoint its name in the record
 * @param guarded whether the file `headers` in its folder goes with each question of the test: a token
 */
export function realAistore(endpoint: string, guarded = false): RealAistore {
  const folder = mkdtempSync(join(tmpdir(), 'se-real-ais-'))
  const { AIS_LAB_PORT: port = '18080', AIS_LAB_PUBLIC = '', AIS_LAB_INTRA = '' } = process.env
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    XDG_STATE_HOME: join(folder, 'state'),
    SECURE_ENDPOINT_LABS:
      process.env.SECURE_ENDPOINT_LABS ?? `${process.env.HOME}/.cache/secure-endpoint-labs`,
  }
  const record = join(folder, 'state/secure-endpoint/endpoints', endpoint)
  const generation = () =>
    join(record, 'generations', readFileSync(join(record, 'current'), 'utf8').trim())
  const start: RealAistore['start'] = (args, options = {}) =>
    spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env: { ...env, ...options.env },
      stdio: [
        ...(['ignore', 'pipe', 'pipe'] as const),
        ...(options.fd3 === undefined ? [] : [openSync(options.fd3, 'r')]),
      ],
    })
  const curl = (args: string[]) => {
    const plain = spawnSync('curl', ['-q', '-s', '-m', '5', `http://127.0.0.1:${port}/v1/health`], {
      encoding: 'utf8',
    })
    const https = plain.stdout.includes('HTTPS server')
    const trust = https ? ['--cacert', join(generation(), 'roots.pem')] : []
    const recorded = join(record, 'client/chain.pem')
    const { chain, key } = lab.pair ?? { chain: recorded, key: join(record, 'client/key.pem') }
    const own = https && existsSync(chain) ? ['--cert', chain, '--key', key] : []
    const whole = args.map(each =>
      each.replace(/^@/, `http${https ? 's' : ''}://127.0.0.1:${port}`),
    )
    const headers = guarded ? ['-H', `@${join(folder, 'headers')}`, '--location-trusted'] : []
    const usual = ['-q', '-sS', '-L', '-m', '60', ...headers, ...trust, ...own]
    return spawnSync('curl', [...usual, ...whole], { encoding: 'utf8' })
  }
  const lab: RealAistore = {
    folder,
    state: join(folder, 'state/secure-endpoint'),
    start,
    cli: (args, options): Promise<Ended> => ended(start(args, options)),
    file(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    generation,
    record,
    journal: () =>
      readFileSync(join(record, 'journal.ndjson'), 'utf8')
        .split('\n')
        .filter(line => line.endsWith('}'))
        .map(line => JSON.parse(line)),
    ask: path => JSON.parse(curl([`@${path}`]).stdout),
    leaves: () =>
      `${AIS_LAB_PUBLIC} ${AIS_LAB_INTRA}`.split(' ').map(address => {
        const script = `openssl s_client -connect ${address} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null`
        const { stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
        return stdout.trim().split('=')[1] ?? ''
      }),
    async writeObjects() {
      const base = `http://127.0.0.1:${port}/v1`
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ action: 'create-bck' })
      const made = await fetch(`${base}/buckets/${bucket}`, { method: 'POST', headers, body })
      if (!made.ok) throw new Error(`bucket: ${made.status} ${await made.text()}`)
      for (let number = 1; number <= count; number += 1) {
        const put = { method: 'PUT', body: contentOf(number) }
        const { ok, status } = await fetch(`${base}/objects/${bucket}/obj-${number}`, put)
        if (!ok) throw new Error(`object ${number}: ${status}`)
      }
    },
    lostObjects() {
      const into = mkdtempSync(join(folder, 'objects-'))
      const url = `@/v1/objects/${bucket}/obj-[1-${count}]`
      const { stderr } = curl(['-f', '-o', `${into}/#1`, url])
      const lost = Array.from({ length: count }, (_, index) => index + 1).filter(number => {
        try {
          return readFileSync(join(into, String(number)), 'utf8') !== contentOf(number)
        } catch {
          return true
        }
      })
      return lost.map(number => `obj-${number} ${stderr.slice(0, 200)}`)
    },
    restartTarget(name) {
      const { status, stderr } = spawnSync(process.env.AIS_LAB_NODE ?? '', ['restart', name], {
        encoding: 'utf8',
      })
      return status === 0 ? undefined : stderr
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
  return lab
}
