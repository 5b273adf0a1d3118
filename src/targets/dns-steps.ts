import { isIP } from 'node:net'
import type { Answers } from '../answers/answers.ts'
import type { Input, Step, Text } from '../plan/plan.ts'

/** What every target ends with: the wait for DNS, and the proof by name. */
export function dnsSteps(
  { domain, dns }: Answers,
  reach: { host: Text; address: Text; ask: { [key: string]: Input }; needs: string },
): Step[] {
  if (dns.how === 'none' || isIP(domain)) return []
  const server = dns.server === undefined ? {} : { server: dns.server }
  const where = { name: domain, host: reach.host, ...server }
  return [
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
      needs: [reach.needs],
      onFail: 'stop',
      decides: 'report',
    },
    {
      id: 'reach.proof',
      phase: 'reach',
      title: 'Prove the endpoint by its name',
      act: {
        do: 'op:proof.reachable',
        input: { ...reach.ask, ...where, address: reach.address, decides: 'report' },
        limit: '1h',
        expect: [{ json: 'pass', equals: true }],
      },
      needs: ['dns.wait'],
      onFail: 'stop',
      decides: 'report',
    },
  ]
}
