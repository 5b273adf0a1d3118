import { durationMs } from '../../../duration.ts'
import { parseAddress, urlHost } from '../../../net/address.ts'
import type { Step, Text } from '../../../plan/plan.ts'
import { dnsSteps } from '../../dns-steps.ts'
import {
  askOf,
  askOfNew,
  type Inputs,
  proofAct,
  servedStep,
  undoProofStep,
} from '../../proof-steps.ts'
import { recordStep } from '../../record-step.ts'
import { aistoreAnswers, hostPort } from '../answers.ts'
import { levelOf } from '../client-auth.ts'
import { clientSetup } from '../clients.ts'
import { pairNow, provenPorts } from '../listeners.ts'
import { joined, placeInput, primaryOf } from '../place.ts'
import { cliAfter } from './cli.ts'
import { ownFiles } from './clients.ts'
import type { Scheme } from './common.ts'
import type { Aistore } from './wanted.ts'

/** What ends every way to HTTPS: *served* at each listener, record, DNS, *reachable*. */
export function proofSteps(wanted: Aistore, needs: string[]): Step[] {
  const { answers } = wanted
  const { address, host } = reachedAt(wanted)
  const ask = { ...askOfNew(wanted), plainRefusal: "as Go's servers do", ...ownFiles(wanted) }
  const level = levelInput(wanted, levelOf(answers, wanted.present))
  return [
    servedStep(
      'Prove what each listener of each node serves',
      proofAct('aistore.prove-served', {
        at: placeInput(wanted),
        ports: provenPorts(wanted.answers),
        pair: { kept: 'chain.pem' },
        ...ask,
        ...level,
        decides: 'undo',
      }),
      needs,
    ),
    record(wanted, 'https'),
    ...(isForClients(wanted)
      ? [
          ...cliAfter(wanted, 'https', urlOf(wanted, 'https')),
          ...dnsSteps(answers, { host, address, ask, needs: 'serve.record' }),
        ]
      : []),
  ]
}

/** What proves the way back to HTTP; the settings that are left over are cleared after it. */
export function plainProofStep(wanted: Aistore, needs: string[]): Step {
  return servedStep(
    'Prove that each node answers HTTP and speaks no TLS',
    plainProof(wanted, 'undo'),
    needs,
  )
}

/** What an undo proves: that the nodes serve what they did. */
export function undoProof(wanted: Aistore, scheme: Scheme): Step {
  const waitMs = durationMs('5m')
  return undoProofStep(
    scheme === 'http' ? plainProof(wanted, 'report', waitMs) : leafProof(wanted, waitMs),
  )
}

function plainProof(wanted: Aistore, decides: 'undo' | 'report', waitMs?: number): Step['act'] {
  return proofAct('aistore.prove-plain', {
    at: placeInput(wanted),
    ports: aistoreAnswers(wanted.answers).ports,
    ...askOf(wanted.answers, waitMs),
    decides,
  })
}

function leafProof(wanted: Aistore, waitMs: number): Step['act'] {
  const { answers, beforeLeaf } = wanted
  return proofAct('aistore.prove-served', {
    at: placeInput(wanted),
    ports: provenPorts(wanted.answers),
    pair: { before: 'chain.pem' },
    ...askOf(answers, waitMs),
    ...levelInput(wanted, pairNow(answers, wanted.present).client_auth_tls),
    ...(beforeLeaf === undefined ? foundPair(wanted) : { leaf: beforeLeaf, roots: keptRoots }),
    decides: 'report',
  })
}

const keptRoots = { before: 'roots.pem' }

/** What an adopted cluster served: only the run that adopts it finds out which leaf that was. */
function foundPair({ answers, present, before }: Aistore): Inputs {
  const { roots = keptRoots } = aistoreAnswers(answers)
  const adopts = before === undefined && present.scheme === 'https'
  return adopts ? { found: { chain: { before: 'chain.pem' }, roots } } : {}
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
function levelInput({ answers, present }: Aistore, clientAuth: number): Inputs {
  const matters = levelOf(answers, present) > 0 || pairNow(answers, present).client_auth_tls > 0
  return matters ? { clientAuth } : {}
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
