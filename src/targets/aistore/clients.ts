import type { Answers } from '../../answers/answers.ts'
import type { Text } from '../../plan/plan.ts'
import type { ClientSetup } from '../target.ts'
import { trustedRoots, trustSetup } from '../trust-setup.ts'

interface Served {
  https: boolean
  privateRoot: boolean
  /** Files of our own certificate, where the cluster asks clients for one. */
  client?: { chain: Text; key: Text }
}

/** What clients of an AIStore cluster must change after a run. */
export function clientSetup(
  answers: Answers,
  url: Text,
  { https, privateRoot, client }: Served,
): ClientSetup<Text>[] {
  const endpoint: Text = { join: [withoutSlash(url)] }
  const where: ClientSetup<Text> = {
    who: 'every client',
    text: { join: ['Uses ', url, '; gateways redirect to the targets in the same scheme.'] },
  }
  const cli: ClientSetup<Text> = {
    who: 'ais',
    text: 'Keeps the old URL in its settings; AIS_ENDPOINT wins over them without a word.',
    command: {
      join: [
        'ais config cli set cluster.url=',
        endpoint,
        ...(https && privateRoot
          ? [' && ais config cli set cluster.client_ca_tls=', trustedRoots]
          : []),
        ...(client
          ? [
              ' && ais config cli set cluster.client_crt=',
              client.chain,
              ' && ais config cli set cluster.client_crt_key=',
              client.key,
            ]
          : []),
      ],
    },
  }
  const sdk: ClientSetup<Text> = {
    who: 'SDK and aisloader',
    text: 'Read the endpoint and the root from variables.',
    command: {
      join: [
        'export AIS_ENDPOINT=',
        endpoint,
        ...(https && privateRoot ? [' AIS_CLIENT_CA=', trustedRoots] : []),
        ...(client ? [' AIS_CRT=', client.chain, ' AIS_CRT_KEY=', client.key] : []),
      ],
    },
  }
  const curl: ClientSetup<Text>[] = client
    ? [
        {
          who: 'curl',
          text: 'Is given a certificate of its own beside the root.',
          command: { join: ['curl --cert ', client.chain, ' --key ', client.key, ' ', url] },
        },
      ]
    : []
  const trust = https && privateRoot ? trustSetup(answers.endpoint, url) : []
  return [where, cli, sdk, ...curl, ...trust]
}

function withoutSlash(url: Text): Text {
  return typeof url === 'string' ? url.replace(/\/$/, '') : url
}
