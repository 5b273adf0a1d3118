import type { Question } from '../../../src/answers/question.ts'
import { questionsFor } from '../../../src/answers/questions.ts'
import { judge } from '../../../src/certificates/gate.ts'
import type { Judgement } from '../../../src/certificates/judgement.ts'
import type { Reviewed } from '../../../src/front/front.ts'
import { type Line, span } from '../../../src/front/words/line.ts'
import { reviewLines } from '../../../src/front/words/plan.ts'
import type { Event, EventBody, ProofResult } from '../../../src/plan/events.ts'
import type { Phase, Plan, Step } from '../../../src/plan/plan.ts'
import type { EndpointStatus } from '../../../src/status/endpoint-status.ts'
import { targets } from '../../../src/targets/index.ts'
import { dayMs, family, now, profile, upload } from '../../support/certificates.ts'

export { now }

export const questions: readonly Question[] = questionsFor(targets)

function step(phase: Phase, name: string, title: string, more: Partial<Step> = {}): Step {
  return {
    id: `${phase}.${name}`,
    phase,
    title,
    act: { do: 'exec', argv: ['sky', 'serve', 'status'], limit: '5m' },
    needs: [],
    onFail: 'stop',
    ...more,
  }
}

const startKept = step('change', 'down.undo', 'Start the kept HTTP service again', { away: 'ends' })
const takeDown = step('change', 'up.undo', 'Take it down')

export const plan: Plan = {
  schema: 'secure-endpoint/plan@1',
  endpoint: 'fraud-model',
  verb: 'enable',
  target: 'skyserve',
  changes:
    'SkyServe service fraud-model, server http://127.0.0.1:46580, on Kubernetes context aks-prod',
  world: {},
  values: {
    domain: { value: 'fraud.ml.example.com', from: 'answer' },
    'certificate.source': { value: 'uploaded', from: 'answer' },
    'certificate.chain': { value: './certs/fullchain.pem', from: 'answer' },
    'certificate.key': { value: './certs/key.pem', from: 'answer' },
    'target.service': { value: 'fraud-model', from: 'found' },
    'target.switch': { value: 'in-place', from: 'default' },
    'dns.how': { value: 'shown', from: 'default' },
    'proof.path': { value: '/', from: 'default' },
    'proof.expect': { value: [200, 503], from: 'default' },
  },
  steps: [
    step('check', 'sky', 'Ask sky for its version and server'),
    step('check', 'service', 'Read the service'),
    step('prepare', 'keep-found', 'Keep what is there'),
    step('change', 'down', 'Take the service down', {
      price: {
        text: 'The service is away about 4 to 25 min: both replicas go and come again.',
        downtime: [240, 1500],
      },
      undo: [startKept],
      away: 'begins',
    }),
    step('change', 'gone', 'Wait until it is gone'),
    step('change', 'up', 'Start it with TLS', { undo: [takeDown], onFail: 'undo' }),
    step('change', 'ready', 'Wait until it is READY'),
    step('serve', 'proof', 'Prove what the address serves', {
      onFail: 'undo',
      decides: 'undo',
      away: 'ends',
    }),
    step('dns', 'wait', 'Wait for the DNS record'),
    step('reach', 'proof', 'Prove it by name', { decides: 'report' }),
  ],
  digest: '7f3a91c2d4e5f60718293a4b5c6d7e8f',
}

/** The same plan without a price. */
export const freePlan: Plan = {
  ...plan,
  steps: plan.steps.map(({ price: _price, ...rest }) => rest),
}

/** The same with what checks have found and let pass. */
export const warnedPlan: Plan = {
  ...plan,
  findings: [
    {
      id: 'cert.root-private',
      severity: 'notes',
      title: 'Only clients that trust Example Root CA accept it.',
      subject: 'Example Root CA',
      evidence: 'Example Root CA, A2:E6:B7:26',
      why: 'Only clients that are told to trust this root accept the certificate.',
      fix: 'Give the clients its certificate.',
    },
    {
      id: 'azureml.no-way-back',
      severity: 'warns',
      title: 'The certificate in place cannot be brought back.',
      subject: 'azureml',
      evidence: 'the pair in place is stored\nin Azure alone',
      why: 'Azure gives no stored file back.',
      fix: 'Name it in target.previousChain.',
    },
  ],
}

const commands: Line[] = [
  [span('Check', 'bold')],
  [span('   1 Ask sky for its version and server'), span('')],
  [span('     sky api info -o json', 'quiet')],
  [span('   2 Read the service'), span('')],
  [span('     sky serve status fraud-model', 'quiet')],
  [span('Prepare', 'bold')],
  [span('   3 Keep what is there'), span('')],
  [span('     keeps it as generation 0', 'quiet')],
  [span('Change', 'bold')],
  [span('   4 Take the service down'), span('  undo: start it on HTTP', 'quiet')],
  [span('     sky serve down fraud-model -y', 'quiet')],
  [span('   5 Wait until it is gone'), span('')],
  [span('     every 10s, at most 15m', 'quiet')],
  [span('   6 Start it with TLS'), span('  undo: take it down', 'quiet')],
  [
    span(
      '     writes ~/.local/state/secure-endpoint/endpoints/fraud-model/generations/1/service.yaml',
      'quiet',
    ),
  ],
  [
    span(
      '     sky serve up ~/.local/state/secure-endpoint/endpoints/fraud-model/generations/1/service.yaml -n fraud-model -y',
      'quiet',
    ),
  ],
]

export function reviewed(wish: Partial<Reviewed> = {}): Reviewed {
  const of = wish.plan ?? plan
  return {
    plan: of,
    review: reviewLines(of),
    commands,
    script: `#!/usr/bin/env bash\nset -euo pipefail\n# a line that is far wider than the terminal: ${'x'.repeat(100)} end\n`,
    saveAs: './fraud-model.yaml',
    rehearsed: false,
    ...wish,
  }
}

/** A gate's judgement: of a good pair, of one that is repaired, of one that cannot be used. */
export function judgement(kind: 'ok' | 'repaired' | 'blocked'): Judgement {
  const { root, issuing, leaf } = family()
  const { key } = family().leaf
  const wrongKey = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const chain = {
    ok: leaf.pem + issuing.pem,
    repaired: `${issuing.pem}some other text\n${leaf.pem}${root.pem}`,
    blocked: leaf.pem + issuing.pem,
  }[kind]
  const { certificates, keys } = upload({
    'fullchain.pem': chain,
    'key.pem': kind === 'blocked' ? wrongKey : leaf.keyPem,
  })
  const names = kind === 'blocked' ? ['other.example.com'] : ['fraud.ml.example.com']
  return judge({
    certificates,
    keys,
    profile: profile({ names }),
    now,
    roots: [root.certificate],
    ...(kind === 'blocked'
      ? {
          nearby: [
            {
              path: 'certs/key-2026.pem',
              leafKeys: [],
              privateKeys: certificates.slice(0, 1).map(each => each.certificate.publicKeySha256),
            },
          ],
        }
      : {}),
  })
}

/** Makes events in their order; each call is one more, `after` seconds later. */
export function eventMaker(clock: { now: number }): (body: EventBody, after?: number) => Event {
  let seq = 0
  return (body, after = 0) => {
    seq += 1
    clock.now += after * 1_000
    const time = new Date(clock.now).toISOString()
    return { schema: 'secure-endpoint/event@1', run: '01jd7q', seq, time, ...body } as Event
  }
}

export function runStarted(of: Plan = plan): EventBody {
  const { endpoint, verb, target, digest, steps } = of
  return {
    type: 'run.started',
    endpoint,
    verb,
    target,
    digest,
    steps: steps.length,
    rehearsal: false,
  }
}

export function stepStarted(id: string, command: string[] = [], undo = false): EventBody {
  const all = [...plan.steps, ...plan.steps.flatMap(each => each.undo ?? [])]
  const found = all.find(each => each.id === id)
  if (!found) throw new TypeError(`no step ${id}`)
  return {
    type: 'step.started',
    id,
    phase: found.phase,
    title: found.title,
    command,
    limitMs: 1_800_000,
    ...(undo ? { undo } : {}),
  }
}

export function stepDone(id: string, seen = '', tookMs = 4_100): EventBody {
  const all = [...plan.steps, ...plan.steps.flatMap(each => each.undo ?? [])]
  return {
    type: 'step.done',
    id,
    title: all.find(each => each.id === id)?.title ?? id,
    tookMs,
    seen,
  }
}

export function probe(wish: Partial<ProofResult> = {}): EventBody {
  return {
    type: 'proof',
    step: 'serve.proof',
    id: 'tls.leaf',
    decides: 'undo',
    state: 'pass',
    expected: 'A9:54:4B:6B',
    seen: 'A9:54:4B:6B is the wanted leaf, at 1 of 1 addresses',
    evidence: [],
    command: 'openssl s_client -connect 203.0.113.17:30001 -servername fraud.ml.example.com',
    means: '',
    fix: '',
    address: '203.0.113.17:30001',
    tookMs: 51,
    ...wish,
  }
}

/** An endpoint as it stands; `left` in days. */
export function status(
  name: string,
  left: number | undefined,
  wish: Partial<EndpointStatus> = {},
): EndpointStatus {
  const life = {
    fingerprint: 'A9:54:4B:6B:00',
    notBefore: new Date(now - 3 * dayMs).toISOString(),
    notAfter: new Date(now + (left ?? 0) * dayMs).toISOString(),
  }
  return {
    name,
    target: 'skyserve',
    record: {
      schema: 'secure-endpoint/record@1',
      name,
      target: 'skyserve',
      https: true,
      live: {},
      url: `https://${name}.example.com:30001/`,
      addresses: ['203.0.113.17:30001'],
      served: '2026-11-21T08:53:18Z',
      clients: [{ who: 'curl', text: 'needs --cacert' }],
    },
    ...(left === undefined
      ? {}
      : {
          leaf: { ...life, subject: '', issuer: '', names: [name], keyType: 'ecdsa-p256' },
          served: life,
        }),
    alerts: [],
    seen: '',
    looked: new Date(now).toISOString(),
    ...wish,
  }
}
