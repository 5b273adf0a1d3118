import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import type { RequestResult } from '../../net/request.ts'
import { oneLine } from '../../process/plain-text.ts'
import type { World } from '../../world.ts'
import type { Discovery } from '../target.ts'
import { type AistoreAnswers, hostPort } from './answers.ts'
import { aistoreFindings } from './findings.ts'
import { type AistorePresent, nothingRead } from './present.ts'

/** Milliseconds for an answer of what should not be there. */
const lookMs = 4_000

/** What a connection ends with where nothing listens, or nothing is there at all. */
const nobody =
  /^(timeout|ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/

/** Of a cluster that is new there is nothing to read; only nobody else may have the gateway's address. */
export async function discoverNew(
  { gateway }: Pick<AistoreAnswers, 'gateway'>,
  { api }: Pick<World, 'api'>,
): Promise<Discovery<AistorePresent>> {
  const present: AistorePresent = { ...nothingRead, isNew: true }
  const address = hostPort(gateway)
  const result = await api({ url: `http://${address}/v1/health`, timeoutMs: lookMs })
  if (result.status === undefined && nobody.test(result.error ?? ''))
    return { present, findings: [] }
  const taken = finding(aistoreFindings, 'aistore.not-new', {
    subject: address,
    evidence: seenOf(result),
    fix: 'Where it is the cluster itself, put target.deployment: running into the answers: it is switched with its data. Otherwise stop what listens there, or name another gateway.',
  })
  return { present, findings: [taken], exit: exitCodes.data }
}

function seenOf({ status, body, error }: RequestResult): string {
  if (status === undefined) return oneLine(`something listens that speaks no HTTP (${error})`)
  return oneLine(`${status} ${body}`).slice(0, 200)
}
