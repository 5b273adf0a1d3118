import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type RealBox, realBox } from './real-box.ts'

type Json = ReturnType<typeof JSON.parse>

/** The lab's real cluster, with a folder and a record of our own. */
export interface RealAistore extends RealBox {
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
}

const bucket = `se-${process.pid}`
const count = 200

const contentOf = (number: number) =>
  createHash('sha512')
    .update(`${bucket} ${number}`)
    .digest('hex')
    .repeat(1 + (number % 40))

/** A cluster: its gateway's port, its listeners, and what starts a target again. */
interface Where {
  port: number
  listeners: string[]
  /** The command that gets the name of a target. */
  restart: string[]
  /** Whether the file `headers` in its folder goes with each question of the test: a token. */
  guarded?: boolean
}

export function labCluster(): Where {
  const { AIS_LAB_PORT = '18080', AIS_LAB_PUBLIC, AIS_LAB_INTRA, AIS_LAB_NODE = '' } = process.env
  const listeners = `${AIS_LAB_PUBLIC} ${AIS_LAB_INTRA}`.split(' ')
  return { port: Number(AIS_LAB_PORT), listeners, restart: [AIS_LAB_NODE, 'restart'] }
}

/** The lab's cluster as it comes up, on HTTP, with nothing of an earlier run; `--version V` for another one. */
export function freshCluster(...words: string[]) {
  const up = join(dirname(process.env.AIS_LAB_RESTART ?? ''), 'up')
  const { status, stderr } = spawnSync(up, ['--fresh', ...words], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/**
 * @param endpoint its name in the record
 * @param where another cluster than the lab's
 */
export function realAistore(endpoint: string, where: Where = labCluster()): RealAistore {
  const { port, guarded = false } = where
  const box = realBox('ais', () => ({
    SECURE_ENDPOINT_LABS:
      process.env.SECURE_ENDPOINT_LABS ?? `${process.env.HOME}/.cache/secure-endpoint-labs`,
  }))
  const record = box.recordOf(endpoint)
  const generation = () => box.generationOf(endpoint)
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
    const headers = guarded ? ['-H', `@${join(box.folder, 'headers')}`, '--location-trusted'] : []
    const usual = ['-q', '-sS', '-L', '-m', '60', ...headers, ...trust, ...own]
    return spawnSync('curl', [...usual, ...whole], { encoding: 'utf8' })
  }
  const lab: RealAistore = {
    ...box,
    generation,
    record,
    journal: () => box.journalOf(endpoint),
    ask: path => JSON.parse(curl([`@${path}`]).stdout),
    leaves: () =>
      where.listeners.map(address => {
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
      const into = mkdtempSync(join(box.folder, 'objects-'))
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
      const [program = '', ...args] = where.restart
      const { status, stderr } = spawnSync(program, [...args, name], { encoding: 'utf8' })
      return status === 0 ? undefined : stderr
    },
  }
  return lab
}
