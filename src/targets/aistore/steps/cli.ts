import type { Step, Text } from '../../../plan/plan.ts'
import { trustedRoots } from '../../trust-setup.ts'
import { aistoreAnswers } from '../answers.ts'
import type { Scheme } from './common.ts'
import type { Aistore } from './wanted.ts'

/** Gives `ais` our own certificate, where that is asked for: before the cluster demands one. */
export function cliBefore({ answers }: Aistore, client: { chain: Text; key: Text }): Step[] {
  if (aistoreAnswers(answers).cli !== 'set') return []
  return [
    setCli('prepare.cli', 'Give our own certificate to ais', 'prepare', 'prepare.client', {
      join: ['cluster.client_crt=', client.chain],
    }),
    setCli('prepare.cli-key', 'Give its key to ais', 'prepare', 'prepare.client', {
      join: ['cluster.client_crt_key=', client.key],
    }),
  ]
}

/** Leads `ais` to the URL that is proven, where that is asked for; it keeps the old scheme otherwise. */
export function cliAfter(wanted: Aistore, scheme: Scheme, url: string): Step[] {
  if (aistoreAnswers(wanted.answers).cli !== 'set') return []
  const trust = scheme === 'https' && wanted.privateRoot
  return [
    ...(trust
      ? [
          setCli('serve.cli-root', 'Give the root to ais', 'serve', 'serve.record', {
            join: ['cluster.client_ca_tls=', trustedRoots],
          }),
        ]
      : []),
    setCli('serve.cli', `Lead ais to ${url}`, 'serve', 'serve.record', `cluster.url=${url}`),
  ]
}

function setCli(id: string, title: string, phase: Step['phase'], needs: string, pair: Text): Step {
  return {
    id,
    phase,
    title,
    act: { do: 'exec', argv: ['ais', 'config', 'cli', 'set', pair], limit: '30s' },
    needs: [needs],
    onFail: 'stop',
  }
}
