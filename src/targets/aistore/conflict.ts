import type { Answers } from '../../answers/answers.ts'
import { type Finding, finding, type Occurrence } from '../../findings.ts'
import { oneLine } from '../../process/plain-text.ts'
import { aistoreAnswers } from './answers.ts'
import { aistoreFindings } from './findings.ts'
import { hasPublicPair, pairNow } from './listeners.ts'
import type { AistorePresent } from './present.ts'

/** The first AIStore with net.http.pub. */
const firstWithPublic = 5

/** What keeps a pair from a cluster as it is now: one of another owner, or no place for it. */
export function conflict(
  answers: Answers,
  present: AistorePresent,
  recorded: boolean,
): Finding | undefined {
  const { listeners } = aistoreAnswers(answers)
  const wrong = listeners === 'all' ? publicPair(present) : noPlace(answers, present)
  if (wrong || present.scheme === 'http') return wrong
  // what public listeners shall get beside the pair of the others replaces nothing
  if (listeners === 'public' && !hasPublicPair(present)) return undefined
  const subject = present.cluster.uuid
  const { server_crt, server_key } = pairNow(answers, present)
  const setting = listeners === 'public' ? 'net.http.pub' : 'net.http'
  const evidence = oneLine(`${setting}.server_crt is ${server_crt}`)
  if (!recorded && ['ask', 'stop'].includes(answers.target.onConflict))
    return finding(aistoreFindings, 'aistore.foreign-pair', {
      subject,
      evidence,
      fix: 'Put target.onConflict: adopt into the answers: what is there is kept where it can be read.',
    })
  if (!server_crt.startsWith('/') || !server_key.startsWith('/'))
    return finding(aistoreFindings, 'aistore.relative-path', {
      subject,
      evidence,
      fix: `Go back to HTTP first, or set absolute paths and restart: ais config cluster ${setting}.server_crt=/etc/ais/tls/server.crt ${setting}.server_key=/etc/ais/tls/server.key`,
    })
  return undefined
}

/** AIStore 5: a second pair, which goes before the first on the public listeners. */
function publicPair(present: AistorePresent): Finding | undefined {
  if (!hasPublicPair(present)) return undefined
  return finding(aistoreFindings, 'aistore.public-pair', {
    subject: present.cluster.uuid,
    evidence: oneLine(`net.http.pub.server_crt is ${present.http['pub.server_crt']}`),
    fix: 'Say which of the two is meant: target.listeners: public, or target.listeners: inside. Where one shall serve all, clear the other and restart the cluster: ais config cluster net.http.pub.server_crt= net.http.pub.server_key= net.http.pub.client_ca_tls= net.http.pub.client_auth_tls=0',
  })
}

function noPlace(answers: Answers, present: AistorePresent): Finding | undefined {
  const { listeners, ports, certFile, keyFile, clientAuth } = aistoreAnswers(answers)
  const { scheme, http, version, cluster } = present
  const isThere = hasPublicPair(present)
  const stop = (evidence: string, fix: string): Finding => {
    const occurrence: Occurrence = { subject: `target.listeners: ${listeners}`, evidence, fix }
    return finding(aistoreFindings, 'aistore.listeners', occurrence)
  }
  if (listeners === 'inside') {
    if (!isThere)
      return stop(
        'the cluster has one pair for all listeners',
        'Leave target.listeners out, or give the public ones a pair first: target.listeners: public.',
      )
    return ports === 'all'
      ? undefined
      : stop(
          `target.ports is ${ports}`,
          'Run this where control and data listeners are reached, with target.ports: all.',
        )
  }
  if (scheme === 'http')
    return stop(
      `cluster ${cluster.uuid} speaks HTTP`,
      'Enable HTTPS first, with a pair that is for all listeners: leave target.listeners out.',
    )
  if (clientAuth !== undefined && clientAuth !== http['pub.client_auth_tls'])
    return stop(
      `target.clientAuth is ${clientAuth}, net.http.pub.client_auth_tls ${http['pub.client_auth_tls']}`,
      'Leave target.clientAuth out: what public listeners ask of clients is set with ais config cluster net.http.pub.client_auth_tls=N net.http.pub.client_ca_tls=FILE and a restart.',
    )
  if (isThere) return undefined
  if (Number.parseInt(version, 10) < firstWithPublic)
    return stop(
      `its version is ${version}`,
      'Update AIStore to 5.0, or leave target.listeners out.',
    )
  return certFile === http.server_crt || keyFile === http.server_key
    ? stop(
        oneLine(`net.http has ${http.server_crt} and ${http.server_key}`),
        'Name other files for the public pair: target.certFile: /etc/ais/tls/public.crt, target.keyFile: /etc/ais/tls/public.key.',
      )
    : undefined
}
