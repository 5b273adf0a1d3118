import { checkChoice, checkList, checkPath } from '../../answers/checks.ts'
import type { Check, Choice, Question } from '../../answers/question.ts'
import { byHost, checkDestination } from './hosts/destinations.ts'

const places: Choice[] = [
  { value: 'here', title: 'This machine writes them', note: 'a folder that all nodes read' },
  {
    value: 'ssh',
    title: 'By ssh',
    note: 'to the host of each node, with your own ssh',
  },
  {
    value: 'manual',
    title: 'By hand',
    note: 'each host is shown its commands; a check there says whether all is right',
  },
]
const sudos: Choice[] = [
  { value: 'no', title: 'As the user who logs in', note: 'aisnode must be able to read the key' },
  {
    value: 'yes',
    title: 'With sudo',
    note: 'needs no password; the user of aisnode has them',
  },
]

const bySsh = [{ id: 'target.place', is: ['ssh'] }]

/** YAML's own words for it are as good. */
const checkSudo: Check = value =>
  checkChoice(sudos)(value === true ? 'yes' : value === false ? 'no' : value)

/** How key and certificate get onto the nodes. */
export const placeQuestions: readonly Question[] = [
  {
    id: 'target.place',
    text: 'How do key and certificate get onto the nodes?',
    noun: 'Files',
    help: 'They must be there before the switch: AIStore takes any path, and dies of it later.',
    kind: 'choice',
    choices: places,
    asked: true,
    check: checkChoice(places),
  },
  {
    id: 'target.ssh',
    when: bySsh,
    text: 'Where does ssh lead to the host of a node?',
    noun: 'ssh',
    help: 'For all nodes {host}, ais@{host} or {node} (its id), and NODE=DESTINATION for one; ports, keys and jump hosts are those of ~/.ssh/config.',
    kind: 'list',
    fallback: () => [byHost],
    asked: true,
    check: checkList(checkDestination, 1000),
  },
  {
    id: 'target.placed',
    when: [{ id: 'target.place', is: ['manual'] }],
    text: 'Which file holds what the check on each host has said?',
    noun: 'Path',
    help: 'One line for each host; by default placed.txt beside the record, which the commands that are shown append to.',
    kind: 'file',
    fallback: () => undefined,
    asked: false,
    check: checkPath,
  },
  {
    id: 'target.sudo',
    when: bySsh,
    text: 'As whom are the files written there?',
    noun: 'sudo',
    help: 'Folders of nodes often belong to root.',
    kind: 'choice',
    choices: sudos,
    fallback: () => 'no',
    asked: true,
    check: checkSudo,
  },
]
