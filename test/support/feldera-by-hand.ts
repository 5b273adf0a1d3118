import type { Made } from './certificates.ts'
import type { FelderaFlow } from './feldera-flow.ts'

const chart = 'oci://public.ecr.aws/feldera/feldera-chart'

function dataOf({ pem, keyPem }: Pick<Made, 'pem' | 'keyPem'>) {
  const encoded = (text: string) => Buffer.from(text).toString('base64')
  return { 'tls.crt': encoded(pem), 'tls.key': encoded(keyPem) }
}

/** Somebody puts another pair into the Secret that the release names. */
export async function replaceByHand(flow: FelderaFlow, pair: Made): Promise<void> {
  const { httpsSecretRef } = await flow.values()
  const secret = await flow.secret(String(httpsSecretRef))
  await flow.kubectl(['apply', '-f', '-'], { ...secret, data: dataOf(pair) })
}

/** The vendor's own words for HTTPS on a release that runs: a Secret, and one value of helm. */
export async function enableByHand(
  flow: FelderaFlow,
  pair: Pick<Made, 'pem' | 'keyPem'>,
  flags = ['--version', '0.337.0', '--reuse-values'],
): Promise<void> {
  const metadata = { name: 'feldera-https-config' }
  const secret = { kind: 'Secret', type: 'kubernetes.io/tls', metadata, data: dataOf(pair) }
  await flow.kubectl(['apply', '-f', '-'], secret)
  const set = ['--set', 'httpsSecretRef=feldera-https-config']
  await flow.helm('upgrade', 'feldera', chart, ...flags, ...set)
}
