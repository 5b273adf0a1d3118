import { checkChoice, checkDomain, checkInteger, checkList } from '../../answers/checks.ts'
import type { Check, Choice, Question } from '../../answers/question.ts'

const deployments: Choice[] = [
  { value: 'running', title: 'It runs already', note: 'its map says which nodes it has' },
  {
    value: 'new',
    title: 'Start it with HTTPS',
    note: 'what its first start needs is written for you',
  },
]

const isNew = [{ id: 'target.deployment', is: ['new'] }]

/** Whether the cluster is there; asked before anything else of it. */
export const deploymentQuestion: Question = {
  id: 'target.deployment',
  text: 'Does the cluster run already?',
  noun: 'Deployment',
  help: 'One that runs keeps its map and settings; a new one comes up with HTTPS at its first start.',
  kind: 'choice',
  choices: deployments,
  fallback: () => 'running',
  asked: true,
  check: checkChoice(deployments),
}

/** What a cluster that runs would say itself. */
export function newClusterQuestions(checkCommand: Check): Question[] {
  return [
    {
      id: 'target.hosts',
      when: isNew,
      text: 'Under which hosts will the nodes know each other?',
      noun: 'Hosts',
      help: 'Names and addresses of all their networks, as hostname… of each local configuration has them; that of the gateway is one already.',
      kind: 'list',
      fallback: () => [],
      asked: true,
      check: checkList(checkDomain, 1000),
    },
    {
      id: 'target.proxies',
      when: isNew,
      text: 'How many proxies will it have?',
      noun: 'Proxies',
      help: 'It is whole when that many have joined; the gateway is one of them.',
      kind: 'integer',
      fallback: () => 1,
      asked: true,
      check: checkInteger(1, 1000),
    },
    {
      id: 'target.targets',
      when: isNew,
      text: 'How many targets will it have?',
      noun: 'Targets',
      help: 'It is whole when that many have joined.',
      kind: 'integer',
      asked: true,
      check: checkInteger(1, 1000),
    },
    {
      id: 'target.firstStart',
      when: isNew,
      text: 'Which command starts the nodes for the first time?',
      noun: 'Command',
      help: "A program with its arguments, run here with the variables of the vendor's deploy scripts; by default target.restart, else it is done by hand.",
      kind: 'text',
      fallback: answers => answers['target.restart']?.value,
      asked: false,
      check: checkCommand,
    },
  ]
}
