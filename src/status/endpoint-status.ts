import type { HeldStatus } from '../proof/held.ts'
import type { EndpointRecord } from '../record/endpoint.ts'
import type { LeafSummary } from '../record/generation.ts'

/** Names as AIStore has them for its own certificates, and ours for what it does not know. */
export type Alert =
  | 'tls-cert-expired'
  | 'tls-cert-invalid'
  | 'tls-cert-will-soon-expire'
  | 'drift'
  | 'secret-drift'
  | 'unreachable'
  | 'rotation-due'
  | 'unfinished'
  | 'plain-http'

/** Worst first: the order in which endpoints and alerts are shown. */
export const alerts: readonly {
  alert: Alert
  severity: 'bad' | 'warn' | 'unknown'
  text: string
}[] = [
  { alert: 'tls-cert-expired', severity: 'bad', text: 'the served leaf has expired' },
  { alert: 'tls-cert-invalid', severity: 'bad', text: 'the served certificate is not trusted' },
  { alert: 'drift', severity: 'warn', text: 'another leaf is served than the recorded one' },
  {
    alert: 'secret-drift',
    severity: 'warn',
    text: 'the Secret that pods read when they start does not hold the recorded pair',
  },
  {
    alert: 'tls-cert-will-soon-expire',
    severity: 'warn',
    text: 'the served leaf expires in under 3 days',
  },
  { alert: 'unreachable', severity: 'unknown', text: 'nothing answers at its address' },
  { alert: 'unfinished', severity: 'warn', text: 'a run of it is not finished' },
  { alert: 'rotation-due', severity: 'warn', text: 'two thirds of its life are over' },
  { alert: 'plain-http', severity: 'warn', text: 'what clients send can be read on the way' },
]

/** One part of an endpoint that has several, each with a certificate of its own: a node of a cluster. */
export interface PartStatus {
  name: string
  alerts: Alert[]
  /** When the leaf that it serves ends (ISO); missing where none is seen. */
  notAfter?: string
}

/** One endpoint as it stands: what is recorded, and what was seen just now. */
export interface EndpointStatus {
  name: string
  target: string
  record?: EndpointRecord
  /** The leaf that is recorded. */
  leaf?: LeafSummary
  /** The leaf that was served when it was looked at. */
  served?: { fingerprint: string; notBefore: string; notAfter: string }
  alerts: Alert[]
  parts?: PartStatus[]
  /** What its servers read when they start again, where that is kept apart from them. */
  held?: HeldStatus
  /** In a few words, when something is wrong: `serves 75:C0:96:D0`, `refused`. */
  seen: string
  /** Which of its servers no way led to, and why; missing where all were looked at. */
  notSeen?: string
  /** When it was looked at (ISO); missing before the first look. */
  looked?: string
  /** Who holds its lock now. */
  locked?: string
}
