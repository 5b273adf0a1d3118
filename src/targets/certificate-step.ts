import type { CertificateProfile } from '../certificates/profile.ts'
import type { Input, Step } from '../plan/plan.ts'
import type { Wanted } from './target.ts'

/**
 * The step that puts a pair into the new generation: made here, or the checked upload. Nothing of the
 * key stands in the plan.
 */
export function certificateStep(
  { answers: { certificate }, privateRoot }: Pick<Wanted<unknown>, 'answers' | 'privateRoot'>,
  profile: CertificateProfile,
): Step {
  const input = { ...certificate, profile } as unknown as { [key: string]: Input }
  const made = certificate.source === 'self-signed'
  return {
    id: 'prepare.certificate',
    phase: 'prepare',
    title: made ? 'Make key and certificate' : 'Keep chain and key',
    look: {
      look: { do: 'op:certificate.kept', input: {}, limit: '1m' },
      already: [{ json: 'kept', equals: true }],
    },
    act: made
      ? { do: 'op:certificate.issue', input: { generate: input }, limit: '5m' }
      : { do: 'op:certificate.keep', input: { ...input, privateRoot }, limit: '5m' },
    captures: { fingerprint: { json: 'fingerprint' } },
    needs: [],
    onFail: 'stop',
  }
}
