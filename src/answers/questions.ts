import type { Target } from '../targets/target.ts'
import { certificateQuestions } from './certificate-questions.ts'
import {
  checkChoice,
  checkDomain,
  checkDuration,
  checkEndpointName,
  checkInteger,
  checkList,
  checkPath,
  endpointNameFrom,
} from './checks.ts'
import type { Choice, Draft, Question } from './question.ts'

/**
 * The whole interview for the targets given, in the order in which it is asked. Everything that reads
 * answers (Ink, Inquirer, a file, the JSON Schema) reads this list.
 */
export function questionsFor(targets: readonly Target[]): Question[] {
  const kinds = [...targets.map(asChoice), ...later]
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
    ...targets.flatMap(target =>
      target.questions.map(question => ({
        ...question,
        when: [{ id: 'target.kind', is: [target.kind] }, ...(question.when ?? [])],
      })),
    ),
    onConflict,
    endpoint,
    ...dnsQuestions,
    ...proofQuestions,
  ]
}

const asChoice = ({ kind, title }: Target): Choice => ({ value: kind, title })

/** Targets that people look for and that this version does not drive yet. */
const later: Choice[] = [
  ['azureml', 'Azure ML endpoint on AKS or Arc'],
  ['azureml-v1', 'Azure ML v1 (AKS, ACI)'],
  ['aistore', 'AIStore cluster'],
].map(([value = '', title = '']) => ({
  value,
  title,
  impossible: {
    reason: 'This version does not drive it yet.',
    fix: 'Its certificate can be made and checked: secure-endpoint cert issue, cert check.',
  },
}))

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
  { value: 'rename', title: 'Use another name' },
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
  { value: 'none', title: 'No DNS', note: 'the name is not looked up' },
]

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
    id: 'dns.server',
    text: 'Which DNS server do the clients of the endpoint use?',
    noun: 'DNS server',
    help: 'Only for private zones that this machine does not see: an IP address, with :PORT if not 53.',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: value => {
      const text = String(value)
      const match = /^(?:\[(.+)\]|([^\s:]+|[0-9a-fA-F:]+?))(?::(\d{1,5}))?$/.exec(text)
      const host = match?.[1] ?? match?.[2] ?? ''
      return /^[0-9a-fA-F.:]+$/.test(host)
        ? { value: text }
        : { wrong: 'This is no address of a DNS server.', fix: 'Write for example 10.0.0.2.' }
    },
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

const proofQuestions: Question[] = [
  {
    id: 'proof.path',
    text: 'Which path is asked for after the handshake?',
    noun: 'Path',
    help: 'A path that answers without changing anything.',
    kind: 'text',
    fallback: () => '/',
    asked: false,
    check: value => {
      const path = checkPath(value)
      if ('wrong' in path) return path
      return /^\/[\x21-\x7e]*$/.test(String(path.value))
        ? path
        : { wrong: 'A path starts with "/" and has no blanks.', fix: 'Write for example /healthz.' }
    },
  },
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
