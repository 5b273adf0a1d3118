import { checkChoice, checkDuration, checkInteger, checkPath } from '../../answers/checks.ts'
import type { Check, Choice, Draft, Question } from '../../answers/question.ts'
import { beside } from './answers.ts'
import { commandWords } from './command-words.ts'
import { findGateways, isGateway } from './find.ts'
import { deploymentQuestion, newClusterQuestions } from './questions-new.ts'
import { placeQuestions } from './questions-place.ts'
import { tokenQuestion } from './token.ts'

const checkGateway: Check = value => {
  const text = typeof value === 'string' ? value.trim().replace(/\/+$/, '') : ''
  return isGateway(text)
    ? { value: text }
    : { wrong: 'This is no URL of a gateway.', fix: 'Write for example http://10.0.0.5:8080.' }
}

/** `net.http` has one path for all nodes, and a relative one hangs on where each was started. */
const checkNodePath: Check = value => {
  const path = checkPath(value)
  if ('wrong' in path) return path
  return /^\/[^?&#%]*[^/?&#%]$/.test(String(path.value))
    ? path
    : {
        wrong: 'A path on the nodes is absolute, and the same on all of them.',
        fix: 'Write for example /etc/ais/tls/server.crt.',
      }
}

/** Each node has a folder of its own, on one machine as well. */
const checkNodeFolder: Check = value => {
  const path = typeof value === 'string' ? value.trim() : ''
  return /^\/[^\0\n]*$/.test(path) && path.includes('{node}')
    ? { value: path.replace(/\/+$/, '') }
    : {
        wrong: 'The folder is absolute, and has {node} where the id of the node stands.',
        fix: 'Write for example /mnt/{node}/ais.',
      }
}

const checkCommand: Check = value => {
  const text = typeof value === 'string' ? value.trim() : ''
  return commandWords(text)
    ? { value: text }
    : {
        wrong: 'No shell runs this command, so it may hold only words and quotes.',
        fix: 'Put what it needs into a script and write its path, for example ./restart-ais.sh.',
      }
}

const clis: Choice[] = [
  {
    value: 'shown',
    title: 'Only shown',
    note: 'the commands stand among what clients must change',
  },
  { value: 'set', title: 'Set here', note: 'our certificate before the change, the URL after it' },
]
const listeners: Choice[] = [
  { value: 'all', title: 'All of them', note: 'one pair for clients and nodes' },
  {
    value: 'public',
    title: 'The public ones',
    note: 'net.http.pub of AIStore 5: what clients see',
  },
  {
    value: 'inside',
    title: 'Control and data',
    note: 'net.http, where the public ones have their own',
  },
]
const ports: Choice[] = [
  { value: 'all', title: 'All of them', note: 'public, control and data are proven' },
  { value: 'public', title: 'The public ones', note: 'the others are on a network of their own' },
]

/** The file that a variable of the vendor's own clients names. */
function findPath(variable: string): NonNullable<Question['find']> {
  return async ({ world: { env } }) => {
    const path = env[variable]
    return { choices: path ? [{ value: path, title: path, note: variable }] : [] }
  }
}

const defaultCert = '/etc/ais/tls/server.crt'

function certFileOf(answers: Draft): string {
  const given = answers['target.certFile']?.value
  return typeof given === 'string' ? given : defaultCert
}

export const aistoreQuestions: readonly Question[] = [
  deploymentQuestion,
  {
    id: 'target.gateway',
    text: 'Which gateway of the cluster shall be asked?',
    noun: 'Gateway',
    help: 'The URL of any proxy, as AIS_ENDPOINT has it; the cluster map leads to the others. Of a new cluster, that of its primary.',
    kind: 'text',
    asked: true,
    check: checkGateway,
    find: findGateways,
  },
  {
    id: 'target.certFile',
    text: 'Where shall each node read its certificate?',
    noun: 'Path',
    help: 'One absolute path for all nodes (net.http.server_crt).',
    kind: 'text',
    fallback: () => defaultCert,
    asked: true,
    check: checkNodePath,
  },
  {
    id: 'target.keyFile',
    text: 'Where shall each node read its key?',
    noun: 'Path',
    help: 'One absolute path for all nodes (net.http.server_key).',
    kind: 'text',
    fallback: answers => beside(certFileOf(answers), 'server.key'),
    asked: false,
    check: checkNodePath,
  },
  {
    id: 'target.caFile',
    text: 'Where shall each node read the root that signs the others?',
    noun: 'Path',
    help: 'One absolute path for all nodes (net.http.client_ca_tls); only where the root is private.',
    kind: 'text',
    fallback: answers => beside(certFileOf(answers), 'ca.crt'),
    asked: false,
    check: checkNodePath,
  },
  ...placeQuestions,
  {
    id: 'target.restart',
    text: 'Which command starts the nodes again after a shutdown?',
    noun: 'Command',
    help: 'A program with its arguments, run here; leave it empty to do it by hand.',
    kind: 'text',
    fallback: () => undefined,
    asked: true,
    check: checkCommand,
  },
  ...newClusterQuestions(checkCommand),
  {
    id: 'target.listeners',
    text: 'Which listeners of the nodes is the certificate for?',
    noun: 'Listeners',
    help: 'A public certificate outside and a private one inside are two endpoints here, one for each.',
    kind: 'choice',
    choices: listeners,
    fallback: () => 'all',
    asked: false,
    check: checkChoice(listeners),
  },
  {
    id: 'target.ports',
    text: 'Which listeners of the nodes does this machine reach?',
    noun: 'Reached',
    help: 'What is not reached cannot be proven.',
    kind: 'choice',
    choices: ports,
    fallback: () => 'all',
    asked: false,
    check: checkChoice(ports),
  },
  {
    id: 'target.roots',
    text: 'Which file holds the roots that sign what the cluster serves now?',
    noun: 'Path',
    help: 'Only where it serves HTTPS with a private root that is not recorded here.',
    kind: 'file',
    fallback: () => undefined,
    asked: false,
    check: checkPath,
    find: findPath('AIS_CLIENT_CA'),
  },
  {
    id: 'target.clientAuth',
    text: 'What shall the nodes ask of their clients?',
    noun: 'Client auth',
    help: 'client_auth_tls: 0 nothing, 1 asks, 2 demands any, 3 verifies one that is given, 4 demands and verifies.',
    kind: 'integer',
    fallback: () => undefined,
    asked: false,
    check: checkInteger(0, 4),
  },
  {
    id: 'target.clientChain',
    text: 'Which file holds the certificate that the cluster asks its clients for?',
    noun: 'Path',
    help: 'PEM, as AIS_CRT; without it one is made and signed by the local CA.',
    kind: 'file',
    fallback: () => undefined,
    asked: false,
    check: checkPath,
    find: findPath('AIS_CRT'),
  },
  {
    id: 'target.clientKey',
    text: 'Which file holds its key?',
    noun: 'Path',
    help: 'PEM without a passphrase, as AIS_CRT_KEY.',
    kind: 'file',
    fallback: () => undefined,
    asked: false,
    check: checkPath,
    find: findPath('AIS_CRT_KEY'),
  },
  tokenQuestion,
  {
    id: 'target.cli',
    text: 'Shall the settings of ais on this machine follow?',
    noun: 'ais',
    help: 'It keeps the old URL otherwise, and has no certificate for a cluster that demands one.',
    kind: 'choice',
    choices: clis,
    fallback: () => 'shown',
    asked: false,
    check: checkChoice(clis),
  },
  {
    id: 'target.confdir',
    text: 'Where does each node keep its state?',
    noun: 'Folder',
    help: 'Where this machine reads it, with {node} for the id; by default as each node says (confdir).',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkNodeFolder,
  },
  {
    id: 'target.logDir',
    text: 'Where does each node write its log?',
    noun: 'Folder',
    help: 'Where this machine reads it, with {node} for the id; by default as each node says (log_dir).',
    kind: 'text',
    fallback: () => undefined,
    asked: false,
    check: checkNodeFolder,
  },
  {
    id: 'target.restartWait',
    text: 'How long may the cluster take to come back?',
    noun: 'Restart wait',
    help: 'At its limit the run goes back to what was there before.',
    kind: 'duration',
    fallback: () => '5m',
    asked: false,
    check: checkDuration,
  },
]
