import type { Answers } from '../../answers/answers.ts'
import { aistoreAnswers } from './answers.ts'
import type { AistorePresent, HttpSettings } from './present.ts'

/**
 * Some listeners of each node, as a pair is for them: all, or with AIStore 5.0 the public ones (`net.http.pub`), or
 * those inside (`net.http`) where the public ones have their own.
 */
export type Ports = 'all' | 'public' | 'inside'

/** The listeners that must serve the pair, as far as this machine reaches them. */
export function provenPorts(answers: Answers): Ports {
  const { listeners, ports } = aistoreAnswers(answers)
  return listeners === 'all' ? ports : listeners
}

/** What `net.http` or `net.http.pub` says of the pair. */
export function pairNow(
  answers: Answers,
  { http }: Pick<AistorePresent, 'http'>,
): Pick<HttpSettings, 'server_crt' | 'server_key' | 'client_ca_tls' | 'client_auth_tls'> {
  if (aistoreAnswers(answers).listeners !== 'public') return http
  return {
    server_crt: http['pub.server_crt'],
    server_key: http['pub.server_key'],
    client_ca_tls: http['pub.client_ca_tls'],
    client_auth_tls: http['pub.client_auth_tls'],
  }
}

/** Whether the public listeners have a pair of their own. */
export function hasPublicPair({ http }: Pick<AistorePresent, 'http'>): boolean {
  return http['pub.server_crt'] !== ''
}
