import { durationMs } from '../../../duration.ts'
import { parseAddress, urlHost } from '../../../net/address.ts'
import type { Input, Step, Text } from '../../../plan/plan.ts'
import { dnsSteps } from '../../dns-steps.ts'
import { recordStep } from '../../record-step.ts'
import { aistoreAnswers, hostPort } from '../answers.ts'
import { levelOf } from '../client-auth.ts'
import { clientSetup } from '../clients.ts'
import { type Ports, pairNow, provenPorts } from '../listeners.ts'
import { joined, placeInput, primaryOf } from '../place.ts'
import { cliAfter } from './cli.ts'
import { ownFiles } from './clients.ts'
import { type Scheme, undoBase } from './common.ts'
import type { Aistore } from './wanted.ts'

const passes = [{ json: 'pass', equals: true }]

function askOf(wanted: Aistore): { [key: string]: Input } {
  const { answers, privateRoot } = wanted
  return {
    name: answers.domain,
    path: answers.proof.path,
    expect: answers.proof.expect,
    waitMs: durationMs(answers.proof.wait),
    leaf: { capture: 'prepare.certificate.fingerprint' },
    ...(privateRoot ? { roots: { kept: 'roots.pem' } } : {}),
    plainRefusal: "as Go's servers do",
    ...ownFiles(wanted),
  }
}

/** What ends every way to HTTPS: *served* at each listener, record, DNS, *reachable*. */
export function proofSteps(wanted: Aistore, needs: string[]): Step[] {
  const { answers } = wanted
  const { address, host } = reachedAt(wanted)
  const ask = askOf(wanted)
  const { leaf: _leaf, ...byName } = ask
  const level = levelInput(wanted, levelOf(answers, wanted.present))
  return [
    {
      id: 'serve.proof',
      phase: 'serve',
      title: 'Prove what each listener of each node serves',
      act: {
        do: 'op:aistore.prove-served',
        input: {
          at: placeInput(wanted),
          ports: portsOf(wanted),
          ...ask,
          ...level,
          decides: 'undo',
        },
        limit: '1h',
        expect: passes,
      },
      needs,
      onFail: 'undo',
      decides: 'undo',
      away: 'ends',
    },
    record(wanted, 'https'),
    ...(isForClients(wanted)
      ? [
          ...cliAfter(wanted, 'https', urlOf(wanted, 'https')),
          ...dnsSteps(answers, {
            host,
            address,
            ask: { ...byName, leaf: ask.leaf as Text },
            needs: 'serve.record',
          }),
        ]
      : []),
  ]
}

/** What proves the way back to HTTP; the settings that are left over are cleared after it. */
export function plainProofStep(wanted: Aistore, needs: string[]): Step {
  return {
    id: 'serve.proof',
    phase: 'serve',
    title: 'Prove that each node answers HTTP and speaks no TLS',
    act: plainProof(wanted, 'undo', durationMs(wanted.answers.proof.wait)),
    needs,
    onFail: 'undo',
    decides: 'undo',
    away: 'ends',
  }
}

/** What an undo proves: that the nodes serve what they did. */
export function undoProof(wanted: Aistore, scheme: Scheme): Step {
  const waitMs = durationMs('5m')
  return {
    ...undoBase,
    id: 'undo.proof',
    title: 'Prove that it serves what it did',
    act: scheme === 'http' ? plainProof(wanted, 'report', waitMs) : leafProof(wanted, waitMs),
    away: 'ends',
  }
}

function plainProof(wanted: Aistore, decides: 'undo' | 'report', waitMs: number): Step['act'] {
  const { answers } = wanted
  const ask = {
    name: answers.domain,
    path: answers.proof.path,
    expect: answers.proof.expect,
    waitMs,
  }
  return {
    do: 'op:aistore.prove-plain',
    input: { at: placeInput(wanted), ports: aistoreAnswers(answers).ports, ...ask, decides },
    limit: '1h',
    expect: passes,
  }
}

function leafProof(wanted: Aistore, waitMs: number): Step['act'] {
  const { answers, beforeLeaf } = wanted
  const input = {
    at: placeInput(wanted),
    ports: portsOf(wanted),
    name: answers.domain,
    path: answers.proof.path,
    expect: answers.proof.expect,
    waitMs,
    ...levelInput(wanted, pairNow(answers, wanted.present).client_auth_tls),
    ...(beforeLeaf === undefined ? {} : { leaf: beforeLeaf, roots: { before: 'roots.pem' } }),
    decides: 'report',
  }
  return { do: 'op:aistore.prove-served', input, limit: '1h', expect: passes }
}

/** The step that records what is proven; `live` has what the nodes are found by again. */
export function record(wanted: Aistore, scheme: Scheme): Step {
  const { answers, privateRoot } = wanted
  const url = `${urlOf(wanted, scheme)}/`
  const https = scheme === 'https'
  const { client } = https ? ownFiles(wanted) : {}
  const step = recordStep(answers, {
    https,
    url,
    addresses: addressesOf(wanted),
    live: {
      ...foundBy(wanted),
      host: reachedAt(wanted).host,
      ...(client ? { clientChain: client.chain, clientKey: client.key } : {}),
    },
    clients: isForClients(wanted)
      ? clientSetup(answers, url, { https, privateRoot, ...(client ? { client } : {}) })
      : [],
  })
  return step
}

/** What is proven of client certificates; nothing where none were ever asked for. */
function levelInput({ answers, present }: Aistore, clientAuth: number): { [key: string]: Input } {
  const matters = levelOf(answers, present) > 0 || pairNow(answers, present).client_auth_tls > 0
  return matters ? { clientAuth } : {}
}

function portsOf({ answers }: Aistore): Ports {
  return provenPorts(answers)
}

/** Whether clients of the cluster meet the pair, and not its nodes alone. */
function isForClients({ answers }: Aistore): boolean {
  return aistoreAnswers(answers).listeners !== 'inside'
}

/** Where clients reach the cluster; without a slash, as `ais` has it. */
export function urlOf(wanted: Aistore, scheme: Scheme): string {
  const port = parseAddress(gatewayOf(wanted))?.port ?? 443
  return `${scheme}://${urlHost(wanted.answers.domain)}:${port}`
}

/** The primary as clients reach it: where the map says that it is. */
function reachedAt(wanted: Aistore): { address: Text; host: Text } {
  if (wanted.present.isNew) return { address: joined('gateway'), host: joined('host') }
  const address = gatewayOf(wanted)
  return { address, host: parseAddress(address)?.host ?? address }
}

function gatewayOf({ present, answers }: Aistore): string {
  return present.isNew
    ? hostPort(aistoreAnswers(answers).gateway)
    : primaryOf(present.cluster).public
}

/** What the cluster is found by again; of a new one, what its first start gave it. */
function foundBy({ present: { isNew, cluster } }: Aistore): Record<string, Text> {
  if (isNew) return { uuid: joined('uuid'), primary: joined('primary'), nodes: joined('nodes') }
  const { uuid, primary, nodes } = cluster
  return { uuid, primary, nodes: JSON.stringify(nodes) }
}

function addressesOf({ present, answers }: Aistore): Text[] {
  const { listeners } = aistoreAnswers(answers)
  if (!present.isNew)
    return present.cluster.nodes.map(node => (listeners === 'inside' ? node.control : node.public))
  const { proxies = 1, targets = 1 } = aistoreAnswers(answers)
  return Array.from({ length: proxies + targets }, (_, index) => joined(`address${index}`))
}
