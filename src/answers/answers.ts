import type { KeyType } from '../certificates/profile.ts'
import type { Json } from '../plan/plan.ts'
import { answerTo, applies, type Draft, type Origin, type Question } from './question.ts'

/** A secret is never a value: it is in a file, or comes through a file descriptor. */
export type SecretSource = { file: string } | { fd: number }

export type CertificateAnswers =
  | {
      source: 'self-signed'
      authority: 'local' | 'none'
      keyType: KeyType
      days: number
      names: string[]
      /** Locks a local CA that is made, opens a locked one. */
      passphrase?: SecretSource
    }
  | {
      source: 'uploaded'
      chain: string
      key?: string
      intermediates?: string
      roots?: string
      passphrase?: SecretSource
      repair?: string[]
    }
  | {
      /** Somebody else makes it, keeps its key and renews it. */
      source: 'managed'
      via: 'cert-manager'
      issuer: string
      issuerKind: 'ClusterIssuer' | 'Issuer'
      days: number
      names: string[]
    }

/** A validated answers file, or a finished interview: the same value. */
export interface Answers {
  version: 1
  endpoint: string
  /** A-label or IP address. */
  domain: string
  certificate: CertificateAnswers
  target: { kind: string; onConflict: 'ask' | 'adopt' | 'rename' | 'stop'; [key: string]: Json }
  dns: {
    how: 'shown' | 'none' | 'azure'
    server?: string
    wait: string
    /** Where the zone is, when Azure DNS holds it. */
    zone?: string
    zoneKind?: 'public' | 'private'
    resourceGroup?: string
    subscription?: string
  }
  proof: { path: string; expect: number[]; wait: string }
}

/** Answers with where each value came from, by question id. */
export interface Answered {
  answers: Answers
  from: Readonly<Record<string, Origin>>
  /** Absolute folder that relative paths in the answers hang on. */
  folder: string
}

/**
 * Puts a complete draft together. Every question that applies has an answer or a fallback; what does
 * not apply is left out.
 */
export function assemble(draft: Draft, questions: readonly Question[], folder: string): Answered {
  const whole: { [key: string]: Json } = { version: 1 }
  const from: Record<string, Origin> = {}
  for (const question of questions) {
    if (!applies(question, draft, questions)) continue
    const value = answerTo(question, draft)
    if (value === undefined) continue
    const given = draft[question.id]
    from[question.id] = given && given.value !== null ? given.from : 'default'
    put(whole, question.id.split('.'), value)
  }
  return { answers: whole as unknown as Answers, from, folder }
}

function put(into: { [key: string]: Json }, path: string[], value: Json): void {
  const [key = '', ...rest] = path
  if (rest.length === 0) into[key] = value
  else {
    into[key] ??= {}
    put(into[key] as { [key: string]: Json }, rest, value)
  }
}
