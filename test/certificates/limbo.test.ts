import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { type CheckOptions, check } from '../../src/commands/cert/check.ts'
import type { Io } from '../../src/commands/io.ts'
import type { Finding } from '../../src/findings.ts'
import { differences } from './limbo-differences.ts'

const folder =
  process.env.SE_CORPORA ?? fileURLToPath(new URL('../../../shared/corpora', import.meta.url))
const file = join(folder, 'x509-limbo-half.json')

interface Case {
  id: string
  features: string[]
  validation_kind: 'SERVER' | 'CLIENT'
  trusted_certs: string[]
  untrusted_intermediates: string[]
  peer_certificate: string
  validation_time: string | null
  signature_algorithms: string[]
  expected_result: 'SUCCESS' | 'FAILURE'
  expected_peer_name: { kind: string; value: string } | null
  max_chain_depth: number | null
  crls: string[]
}

const cases: Case[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).testcases : []
const scratch = mkdtempSync(join(tmpdir(), 'se-limbo-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const why = cases.length > 0 ? '' : ` (skipped: ${file} is not there, see SE_CORPORA)`

describe.skipIf(cases.length === 0)(`x509-limbo under --profile webpki${why}`, () => {
  const wrong: string[] = []
  let judged = 0

  test.each(cases.filter(canBeExpressed))('$id', async each => {
    const { exit, findings } = await run(each)
    judged += 1
    const right = (exit === 0) === (each.expected_result === 'SUCCESS')
    if (!right) wrong.push(each.id)
    expect([0, 65]).toContain(exit)
    // what differs is written down with its reason, and nothing else may
    const because = findings.map(({ id, evidence }) => `${id}: ${evidence}`).join('\n')
    expect(right, because).toBe(!Object.hasOwn(differences, each.id))
  })

  test('97 of 100 are right', () => {
    const right = judged - wrong.length
    expect(right / judged, `${right} of ${judged}`).toBeGreaterThanOrEqual(0.97)
  })
})

/** There is no flag for the signature algorithms that a client allows. */
function canBeExpressed({ signature_algorithms }: Case): boolean {
  return signature_algorithms.length === 0
}

async function run(each: Case): Promise<{ exit: number; findings: Finding[] }> {
  const path = (name: string, content: string | readonly string[]) => {
    const at = join(scratch, name)
    writeFileSync(at, [content].flat().join('\n'))
    return at
  }
  const name = each.expected_peer_name
  const options: CheckOptions = {
    chain: path('peer.pem', each.peer_certificate),
    intermediates: path('above.pem', ['# CAs', ...each.untrusted_intermediates]),
    roots: path('roots.pem', each.trusted_certs),
    profile: 'webpki',
    purpose: each.validation_kind === 'CLIENT' ? 'client' : 'server',
    json: true,
    ...(each.crls.length > 0 ? { crls: path('crls.pem', each.crls) } : {}),
    ...(name && name.kind !== 'RFC822' ? { domain: name.value } : {}),
    ...(each.validation_time ? { at: each.validation_time } : {}),
    // its converter writes a limit of nought as null
    ...(each.features.includes('max-chain-depth')
      ? { maxDepth: String(each.max_chain_depth ?? 0) }
      : {}),
  }
  if (each.untrusted_intermediates.length === 0) delete options.intermediates
  let said = ''
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      said += chunk
      done()
    },
  })
  const world = { cwd: scratch, env: {}, clock: { now: () => Date.now() } }
  const exit = await check([], options, { world, stdout } as unknown as Io)
  return { exit, findings: JSON.parse(said).findings }
}
