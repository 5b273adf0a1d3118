import type { Certificate } from './certificate.ts'
import type { IssuersOf } from './chain.ts'

/** Steps over certificates in one chain: cross-signed CAs have a few dozen ways, made-up ones billions. */
const mostSteps = 5000

/**
 * Every way from a leaf up to a trusted certificate, none over the same certificate twice. It ends
 * after a number of steps, however many ways there are.
 */
export function* waysUp(
  leaf: Certificate,
  issuersOf: IssuersOf,
  rootsOf: IssuersOf,
): Generator<{ path: Certificate[]; root: Certificate }> {
  let steps = 0
  function* from(path: Certificate[]): Generator<{ path: Certificate[]; root: Certificate }> {
    const top = path.at(-1)
    if (!top || steps++ > mostSteps) return
    for (const root of rootsOf(top)) yield { path, root }
    for (const issuer of issuersOf(top)) if (!path.includes(issuer)) yield* from([...path, issuer])
  }
  yield* from([leaf])
}
