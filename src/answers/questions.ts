import type { TargetAbout } from '../targets/target.ts'
import { certificateQuestions } from './certificate-questions.ts'
import {
  checkAzureName,
  checkChoice,
  checkDnsServer,
  checkDomain,
  checkDuration,
  checkEndpointName,
  checkInteger,
  checkList,
  checkPath,
  endpointNameFrom,
} from './checks.ts'
import type { Choice, Condition, Draft, Question } from './question.ts'

/**
 * The whole interview for the targets given, in the order in which it is asked. Everything that reads
 * answers (Ink, Inquirer, a file, the JSON Schema) reads this list.
 */
export function questionsFor(targets: readonly TargetAbout[]): Question[] {
  const known = targets.map(({ kind }) => kind)
  const kinds = [...targets.map(asChoice), ...later.filter(({ value }) => !known.includes(value))]
  return [
    domain,
    ...certificateQuestions,
    {
      id: 'target.kind',
      text: 'Where does the endpoint run?',
      noun: 'Target',
      help: 'The target decides what the certificate must look like and how it is put in place.',
      kind: 'choice',
      choices: kinds,
      asked: true,
      check: checkChoice(kinds),
    },
    ...targetQuestions(targets),
    onConflict,
    endpoint,
    ...dnsQuestions,
    proofPath(targets),
    ...proofQuestions,
  ]
}

/** The targets' own questions. One that several ask under the same id is asked once, for all of them. */
function targetQuestions(targets: readonly TargetAbout[]): Question[] {
  const asked = new Map<string, { question: Question; kinds: string[] }>()
  for (const { kind, questions } of targets) {
    for (const question of questions) {
      const known = asked.get(question.id)
      if (known) known.kinds.push(kind)
      else asked.set(question.id, { question, kinds: [kind] })
    }
  }
  return [...asked.values()].map(({ question, kinds }) => ({
    ...question,
    when: [{ id: 'target.kind', is: kinds }, ...(question.when ?? [])],
  }))
}

function asChoice({ kind, title, managedBy = [] }: TargetAbout): Choice {
  if (managedBy.length > 0) return { value: kind, title }
  const refusedBy = {
    id: 'certificate.source',
    is: ['managed'],
    reason: 'It takes no managed one.',
    fix: 'Go back and choose another source: self-signed, or uploaded.',
  }
  return { value: kind, title, refusedBy }
}

/** Targets that people look for and that this version does not drive yet. */
const later: Choice[] = [['azureml-v1', 'Azure ML v1 (AKS, ACI)']].map(
  ([value = '', title = '']) => ({
    value,
    title,
    impossible: {
      reason: 'This version does not drive it yet.',
      fix: 'Its certificate can be made and checked: secure-endpoint cert issue, cert check.',
    },
  }),
)

const domain: Question = {
  id: 'domain',
  text: 'Which name will clients use to reach the endpoint?',
  noun: 'Domain',
  help: 'A DNS name or an IP address. The certificate is for it, and DNS must lead it to the endpoint.',
  kind: 'text',
  asked: true,
  check: checkDomain,
}

const onConflictChoices: Choice[] = [
  { value: 'ask', title: 'Ask', note: 'without a terminal: stop' },
  { value: 'adopt', title: 'Adopt it', note: 'what is there is kept as generation 0' },
  {
    value: 'rename',
    title: 'Use another name',
    note: 'where the two can be side by side: SkyServe',
  },
  { value: 'stop', title: 'Stop' },
]

const onConflict: Question = {
  id: 'target.onConflict',
  text: 'What shall happen where something of another owner is in the way?',
  noun: 'On conflict',
  help: 'For example a service that has a certificate of somebody else.',
  kind: 'choice',
  choices: onConflictChoices,
  fallback: () => 'ask',
  asked: false,
  check: checkChoice(onConflictChoices),
}

const endpoint: Question = {
  id: 'endpoint',
  text: 'What shall this endpoint be called in the records here?',
  noun: 'Record name',
  help: 'Only for you: secure-endpoint status NAME, rotate NAME.',
  kind: 'text',
  fallback: answers => endpointNameFrom(nameSource(answers)),
  asked: false,
  check: checkEndpointName,
}

function nameSource(answers: Draft): string {
  const service = answers['target.service']?.value ?? answers['target.release']?.value
  if (typeof service === 'string') return service
  return String(answers.domain?.value ?? 'endpoint').split('.')[0] ?? 'endpoint'
}

const dnsChoices: Choice[] = [
  { value: 'shown', title: 'Shown', note: 'you create the record, the run waits for it' },
  { value: 'azure', title: 'Azure DNS', note: 'az writes the record into the zone that you name' },
  { value: 'none', title: 'No DNS', note: 'the name is not looked up' },
]

const zoneKinds: Choice[] = [
  { value: 'public', title: 'Public' },
  { value: 'private', title: 'Private', note: 'it answers in its virtual networks only' },
]

const azureZone: Condition[] = [{ id: 'dns.how', is: ['azure'] }]

const dnsQuestions: Question[] = [
  {
    id: 'dns.how',
    text: 'How does the DNS record come into being?',
    noun: 'DNS',
    help: 'The exact record is shown once the address is known.',
    kind: 'choice',
    choices: dnsChoices,
    fallback: () => 'shown',
    asked: false,
    check: checkChoice(dnsChoices),
  },
  {
    id: 'dns.zone',
    text: 'Which zone of Azure DNS holds the name?',
    noun: 'Zone',
    help: 'The domain, or what it ends with. Other addresses of the name are removed from it.',
    kind: 'text',
    when: azureZone,
    asked: true,
    check: checkDomain,
  },
  {
    id: 'dns.zoneKind',
    text: 'Is it a public zone or a private one?',
    noun: 'Zone kind',
    help: 'For a private zone name the DNS server that the clients use in dns.server.',
    kind: 'choice',
    choices: zoneKinds,
    when: azureZone,
    fallback: () => 'public',
    asked: false,
    check: checkChoice(zoneKinds),
  },
  {
    id: 'dns.resourceGroup',
    text: 'Which resource group is the zone in?',
    noun: 'Resource group',
    help: 'Zones often lie in a group of their own.',
    kind: 'text',
    when: azureZone,
    asked: true,
    check: checkAzureName,
  },
  {
    id: 'dns.subscription',
    text: 'Which Azure subscription is the zone in?',
    noun: 'Subscription',
    help: 'Its id, as az account list shows it.',
    kind: 'text',
    when: azureZone,
    fallback: answers => answers['target.subscription']?.value,
    asked: false,
    check: checkAzureName,
  },
  {
    id: 'dns.server',
    text: 'Which DNS server do the clients of the endpoint use?',
    noun: 'DNS server',
    help: 'Only for private zones that this machine does not see: an IP address, with :PORT if not 53.',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkDnsServer,
  },
  {
    id: 'dns.wait',
    text: 'How long shall the run wait for the DNS record?',
    noun: 'DNS wait',
    help: 'It can be left and taken up again at any time.',
    kind: 'duration',
    fallback: () => '10m',
    asked: false,
    check: checkDuration,
  },
]

/** By default what the target answers when it is well, where it has such a path. */
const proofPath = (targets: readonly TargetAbout[]): Question => ({
  id: 'proof.path',
  text: 'Which path is asked for after the handshake?',
  noun: 'Path',
  help: 'A path that answers without changing anything.',
  kind: 'text',
  fallback: answers =>
    targets.find(({ kind }) => kind === answers['target.kind']?.value)?.healthPath ?? '/',
  asked: false,
  check: value => {
    const path = checkPath(value)
    if ('wrong' in path) return path
    return /^\/[\x21-\x7e]*$/.test(String(path.value))
      ? path
      : { wrong: 'A path starts with "/" and has no blanks.', fix: 'Write for example /healthz.' }
  },
})

const proofQuestions: Question[] = [
  {
    id: 'proof.expect',
    text: 'Which HTTP statuses are right?',
    noun: 'Statuses',
    help: '503 is what a load balancer says while the model is not ready: TLS is good then.',
    kind: 'codes',
    fallback: () => [200, 503],
    asked: false,
    check: checkList(checkInteger(100, 599), 20),
  },
  {
    id: 'proof.wait',
    text: 'How long may the endpoint take to answer?',
    noun: 'Proof wait',
    help: 'One failed handshake is no verdict: it is tried again until this is over.',
    kind: 'duration',
    fallback: () => '5m',
    asked: false,
    check: checkDuration,
  },
]
