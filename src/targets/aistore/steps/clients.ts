import { Problem } from '../../../errors.ts'
import { exitCodes } from '../../../exit-codes.ts'
import { finding } from '../../../findings.ts'
import type { Input, Step } from '../../../plan/plan.ts'
import { aistoreAnswers } from '../answers.ts'
import { levelOf, levelRules } from '../client-auth.ts'
import { aistoreFindings } from '../findings.ts'
import { clientFiles } from '../place.ts'
import { cliBefore } from './cli.ts'
import type { Aistore } from './wanted.ts'

/** What a client's certificate is made like where the nodes' own is not made here. */
const usual = { keyType: 'ecdsa-p256', days: 90 }

/** The level that the cluster shall have; one that nobody here could talk to any more is refused. */
export function levelWanted(wanted: Aistore): ReturnType<typeof levelOf> {
  const { answers, present, privateRoot } = wanted
  const level = levelOf(answers, present)
  const { verifies, demands } = levelRules(level)
  const isPublic = aistoreAnswers(answers).listeners === 'public'
  if (verifies && !privateRoot && !isPublic)
    throw refused('aistore.client-roots', {
      subject: `client_auth_tls ${level}`,
      evidence: 'the root of the certificate is a public one',
      fix: 'Give the nodes a certificate of a private root (certificate: {source: self-signed, authority: local}), or set target.clientAuth to 2 at most.',
    })
  const now = levelRules(present.http.client_auth_tls)
  if (wanted.newRoot && !isPublic && present.scheme === 'https' && (verifies || now.verifies))
    throw refused('aistore.client-root-change', {
      subject: `client_auth_tls ${level}`,
      evidence: `it is ${present.http.client_auth_tls} now`,
      fix: wayRoundFix(answers.endpoint, level),
    })
  if (demands && !ownPair(wanted, level))
    throw refused('aistore.client-needed', {
      subject: `client_auth_tls ${level}`,
      evidence: 'target.clientChain and target.clientKey name none, and no local CA signs one',
      fix: 'Have one made by who signs for the nodes, and name it: target.clientChain: ./client.pem, target.clientKey: ./client.key',
    })
  return level
}

/** At level 2 any certificate of a client is taken: one of either root, too. */
function wayRoundFix(endpoint: string, level: number): string {
  const init = (answers: string) => `secure-endpoint init --answers ${answers}`
  return `Change it where none are verified, each time with target.clientAuth as named: 2 beside the old certificate, ${init('old.yaml')}; 2 beside the new one, secure-endpoint rotate ${endpoint} --answers new.yaml; then ${level}, ${init('new.yaml')}.`
}

/** Whether we have a certificate for this level: named, or made here. */
function ownPair({ answers }: Aistore, level: number): boolean {
  if (level === 0) return false
  return isNamed(answers) || isLocal(answers) || level === 2
}

/** Where our own pair lies; nothing where there is none. */
export function ownFiles(wanted: Aistore): { client?: ReturnType<typeof clientFiles> } {
  return ownPair(wanted, levelOf(wanted.answers, wanted.present))
    ? { client: clientFiles(wanted.answers) }
    : {}
}

/** Our own certificate is there, and good for the level, before the cluster asks for one. */
export function clientSteps(wanted: Aistore): Step[] {
  const { answers } = wanted
  const level = levelWanted(wanted)
  if (!ownPair(wanted, level)) return []
  const { certificate, domain } = answers
  const made = certificate.source === 'self-signed' ? certificate : usual
  const named = isNamed(answers)
  const input: { [key: string]: Input } = {
    ...clientFiles(answers),
    roots: { kept: 'roots.pem' },
    level,
    named,
    name: domain,
    keyType: made.keyType,
    days: made.days,
    local: isLocal(answers),
  }
  return [
    {
      id: 'prepare.client',
      phase: 'prepare',
      title: named
        ? 'See whether the cluster will take our certificate'
        : 'Make our own certificate',
      look: {
        look: { do: 'op:aistore.client-kept', input, limit: '1m' },
        already: [{ json: 'kept', equals: true }],
      },
      act: { do: 'op:aistore.client-pair', input, limit: '5m' },
      needs: ['prepare.certificate'],
      onFail: 'stop',
    },
    ...cliBefore(wanted, clientFiles(answers)),
  ]
}

function isNamed(answers: Aistore['answers']): boolean {
  const { clientChain, clientKey } = aistoreAnswers(answers)
  return clientChain !== undefined && clientKey !== undefined
}

function isLocal({ certificate }: Aistore['answers']): boolean {
  return certificate.source === 'self-signed' && certificate.authority === 'local'
}

function refused(
  id: 'aistore.client-roots' | 'aistore.client-needed' | 'aistore.client-root-change',
  occurrence: { subject: string; evidence: string; fix: string },
): Problem {
  return new Problem(exitCodes.data, [finding(aistoreFindings, id, occurrence)])
}
