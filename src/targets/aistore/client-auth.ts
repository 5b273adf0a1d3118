import type { Answers } from '../../answers/answers.ts'
import { aistoreAnswers } from './answers.ts'
import { pairNow } from './listeners.ts'
import type { AistorePresent } from './present.ts'

/** `net.http.client_auth_tls`: what a listener asks of its clients (Go's tls.ClientAuthType). */
export type ClientAuth = 0 | 1 | 2 | 3 | 4

interface Level {
  /** A certificate is asked for. */
  asks: boolean
  /** A client without one is refused. */
  demands: boolean
  /** One that no root of `client_ca_tls` has signed is refused. */
  verifies: boolean
}

const levels: Readonly<Record<ClientAuth, Level>> = {
  0: { asks: false, demands: false, verifies: false },
  1: { asks: true, demands: false, verifies: false },
  2: { asks: true, demands: true, verifies: false },
  3: { asks: true, demands: false, verifies: true },
  4: { asks: true, demands: true, verifies: true },
}

export function levelRules(level: number): Level {
  return levels[level as ClientAuth] ?? levels[0]
}

/** The level that the cluster shall have: as the answers say, or as it has. */
export function levelOf(answers: Answers, present?: AistorePresent): ClientAuth {
  const now = (present ? pairNow(answers, present).client_auth_tls : 0) as ClientAuth
  return aistoreAnswers(answers).clientAuth ?? now
}
