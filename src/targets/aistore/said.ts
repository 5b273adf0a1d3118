import { Problem } from '../../errors.ts'
import { exitCodes } from '../../exit-codes.ts'
import { finding } from '../../findings.ts'
import type { Said } from './api.ts'
import { aistoreFindings } from './findings.ts'
import { aistoreProblem } from './problems.ts'

/** The problem where a node wants a token, or a better one. */
export function loginProblem(address: string, { status, seen }: Said): Problem | undefined {
  if (status !== 401 && status !== 403) return undefined
  return new Problem(exitCodes.noPermission, [
    finding(aistoreFindings, 'aistore.login', {
      subject: address,
      evidence: seen,
      fix: 'Name the file that holds one: target.token: {file: ./token}; ais auth login writes it.',
    }),
  ])
}

/** The problem where a node refuses us for want of a certificate of ours. */
export function clientProblem(address: string, { wantsClient, seen }: Said): Problem | undefined {
  if (!wantsClient) return undefined
  return aistoreProblem('aistore.client-asked', exitCodes.noPermission, {
    subject: address,
    evidence: seen,
    fix: 'Name one that it takes: target.clientChain: ./client.pem, target.clientKey: ./client.key (what AIS_CRT and AIS_CRT_KEY name).',
  })
}

/** What a node's answer means where it is no yes. */
export function refusal(address: string, said: Said, fix: string): Problem {
  const kept = loginProblem(address, said) ?? clientProblem(address, said)
  if (kept) return kept
  const occurrence = { subject: address, evidence: said.seen, fix }
  if (said.untrusted) return aistoreProblem('aistore.untrusted', exitCodes.unavailable, occurrence)
  return said.status === undefined
    ? aistoreProblem('aistore.no-cluster', exitCodes.unavailable, occurrence)
    : aistoreProblem('aistore.refused', exitCodes.failed, occurrence)
}
