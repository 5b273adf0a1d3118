import type { Answers } from '../answers/answers.ts'
import { problem } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { isIP } from '../net/is-ip.ts'
import type { Step, Text } from '../plan/plan.ts'
import { type Inputs, proofAct } from './proof-steps.ts'

/** What every target ends with: the wait for DNS, and the proof by name. */
export function dnsSteps(
  { domain, dns }: Answers,
  reach: { host: Text; address: Text; ask: Inputs; needs: string },
): Step[] {
  if (dns.how === 'none' || isIP(domain)) return []
  const server = dns.server === undefined ? {} : { server: dns.server }
  const where = { name: domain, host: reach.host, ...server }
  const azure = azureSteps(domain, dns, reach)
  return [
    ...azure,
    {
      id: 'dns.wait',
      phase: 'dns',
      title: 'Wait for the DNS record',
      act: {
        do: 'manual',
        text: ['The endpoint is served and proven at its address. Its name must lead there.'],
        look: {
          look: { do: 'op:dns.look', input: where, limit: '1m' },
          until: [{ json: 'settled', equals: true }],
          every: '5s',
        },
        limit: dns.wait,
        atLimit: 'go-on',
      },
      needs: azure.length > 0 ? ['dns.azure'] : [reach.needs],
      onFail: 'stop',
      decides: 'report',
    },
    {
      id: 'reach.proof',
      phase: 'reach',
      title: 'Prove the endpoint by its name',
      act: proofAct('proof.reachable', {
        ...reach.ask,
        ...where,
        address: reach.address,
        decides: 'report',
      }),
      needs: ['dns.wait'],
      onFail: 'stop',
      decides: 'report',
    },
  ]
}

/** The record in a zone of Azure DNS, where that is chosen; the wait and the proof judge it. */
function azureSteps(
  domain: string,
  dns: Answers['dns'],
  { host, needs }: { host: Text; needs: string },
): Step[] {
  const { how, zone = '', zoneKind = 'public', resourceGroup = '', subscription = '' } = dns
  if (how !== 'azure') return []
  if (domain !== zone && !domain.endsWith(`.${zone}`)) {
    throw problem(exitCodes.data, {
      id: 'answers.wrong',
      title: `dns.zone: ${domain} does not lie in the zone ${zone}.`,
      subject: 'dns.zone',
      evidence: zone,
      why: 'A record there would lead another name to the endpoint.',
      fix: `Write a zone that ${domain} ends with, or dns.how: shown.`,
    })
  }
  const record = domain === zone ? '@' : domain.slice(0, -zone.length - 1)
  const input = { subscription, resourceGroup, zone, kind: zoneKind, record, host }
  return [
    {
      id: 'dns.azure',
      phase: 'dns',
      title: `Lead ${domain} to the endpoint in the Azure DNS zone ${zone}`,
      look: {
        look: { do: 'op:dns.azure-look', input, limit: '3m' },
        already: [{ json: 'led', equals: true }],
      },
      act: { do: 'op:dns.azure-lead', input, limit: '10m' },
      needs: [needs],
      onFail: 'stop',
    },
  ]
}
