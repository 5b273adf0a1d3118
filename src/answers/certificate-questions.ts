import { resolve } from 'node:path'
import type { RecognisedFile } from '../certificates/recognise.ts'
import { repairKinds } from '../certificates/repair-kinds.ts'
import { pairToAskFor } from '../requests/asked-first.ts'
import { checkChoice, checkInteger, checkList, checkPath, checkSan, checkSecret } from './checks.ts'
import { managedQuestions } from './managed-questions.ts'
import type { Choice, Condition, Draft, Question } from './question.ts'

const sources: Choice[] = [
  { value: 'self-signed', title: 'Self-signed', note: 'made here; clients must trust it' },
  { value: 'uploaded', title: 'Uploaded', note: 'you have a certificate and its key as files' },
  {
    value: 'managed',
    title: 'Managed (cert-manager)',
    note: 'renewed in the cluster; AIStore on Kubernetes',
  },
]

const authorities: Choice[] = [
  { value: 'local', title: 'A local CA', note: 'clients trust it once; leaves can be rotated' },
  {
    value: 'none',
    title: 'The leaf itself',
    note: 'clients trust this one leaf, again at each rotation',
  },
]

const keyTypes: Choice[] = [
  { value: 'ecdsa-p256', title: 'ECDSA P-256', note: 'small and fast; every current client' },
  { value: 'ecdsa-p384', title: 'ECDSA P-384' },
  { value: 'rsa-2048', title: 'RSA 2048', note: 'for very old clients' },
  { value: 'rsa-3072', title: 'RSA 3072' },
  { value: 'rsa-4096', title: 'RSA 4096' },
  { value: 'ed25519', title: 'Ed25519', note: 'not for browsers; not every target takes it' },
]

const repairs: Choice[] = Object.entries(repairKinds).map(([value, { title, asked }]) => ({
  value,
  title,
  note: asked ? 'somebody must agree to it' : 'done where it is needed',
}))

/** The files of the folder that is typed so far; by default of this one and its usual subfolders. */
function findFiles(wanted: 'certificate' | 'key'): NonNullable<Question['find']> {
  return async ({ world, folder, typed, answers }) => {
    const { recogniseFolder } = await import('../certificates/recognise.ts')
    const places =
      typed === '' ? ['.', 'certs', 'ssl', 'tls'] : [typed.replace(/[^/]*$/, '') || '.']
    const all = await Promise.all(
      places.map(async place => {
        const found = await recogniseFolder(
          resolve(folder, place),
          world.clock.now(),
          wanted,
        ).catch(() => [])
        return found.map(each => asChoice(each, place, wanted))
      }),
    )
    const choices = all.flat()
    const usable = choices.filter(({ impossible }) => !impossible)
    const source = `${choices.length} found, ${usable.length} can be used`
    const asks = wanted === 'certificate' && typed === '' ? [askFirst(answers)] : []
    const unusable = choices.filter(({ impossible }) => impossible)
    return { choices: [...usable, ...asks, ...unusable], source }
  }
}

/** An upload whose files come later: the key waits here while a CA is asked. */
function askFirst(answers: Draft): Choice {
  const { chain, key } = pairToAskFor(String(answers.domain?.value ?? 'endpoint'))
  return {
    value: chain,
    title: 'I need to ask my CA first',
    note: 'makes key and request; goes on when it answers',
    also: { 'certificate.key': key },
  }
}

function asChoice(file: RecognisedFile, place: string, wanted: 'certificate' | 'key'): Choice {
  const path = place === '.' ? `./${file.name}` : `${place.replace(/\/+$/, '')}/${file.name}`
  const choice = { value: path, title: path, note: file.text }
  if (file[wanted]) return choice
  return { ...choice, impossible: { reason: `${file.text}.`, fix: 'Choose another file.' } }
}

const selfSigned: Condition[] = [{ id: 'certificate.source', is: ['self-signed'] }]
const made: Condition[] = [{ id: 'certificate.source', is: ['self-signed', 'managed'] }]
const uploaded: Condition[] = [{ id: 'certificate.source', is: ['uploaded'] }]

/** The questions about the certificate, in the order in which they are asked. */
export const certificateQuestions: readonly Question[] = [
  {
    id: 'certificate.source',
    text: 'Where does the certificate come from?',
    noun: 'Certificate',
    help: 'A self-signed one works at once, but each client must be told to trust it.',
    kind: 'choice',
    choices: sources,
    asked: true,
    check: checkChoice(sources),
  },
  {
    id: 'certificate.authority',
    text: 'Who signs the self-signed certificate?',
    noun: 'Signed by',
    help: 'A local CA is bound to the names of this endpoint, so trusting it risks nothing else.',
    kind: 'choice',
    choices: authorities,
    when: selfSigned,
    fallback: () => 'local',
    asked: true,
    check: checkChoice(authorities),
  },
  ...managedQuestions,
  {
    id: 'certificate.keyType',
    text: 'Which kind of key shall it have?',
    noun: 'Key',
    help: 'ECDSA P-256 unless a client is too old for it.',
    kind: 'choice',
    choices: keyTypes,
    when: selfSigned,
    fallback: () => 'ecdsa-p256',
    asked: false,
    check: checkChoice(keyTypes),
  },
  {
    id: 'certificate.days',
    text: 'For how many days shall it be valid?',
    noun: 'Days',
    help: 'Rotation is due when a third of them is left.',
    kind: 'integer',
    when: made,
    fallback: () => 90,
    asked: false,
    check: checkInteger(1, 3650),
  },
  {
    id: 'certificate.names',
    text: 'Which other names shall it cover?',
    noun: 'More names',
    help: 'DNS names (also *.example.com) and IP addresses, beside the domain.',
    kind: 'list',
    when: made,
    fallback: () => [],
    asked: false,
    check: checkList(checkSan, 100),
  },
  {
    id: 'certificate.chain',
    text: 'Which file holds the certificate?',
    noun: 'Path',
    help: 'PEM, DER, PKCS#7, PKCS#12, a Secret, or a folder of certbot and its like: the content counts, not the name.',
    kind: 'file',
    when: uploaded,
    asked: true,
    check: checkPath,
    find: findFiles('certificate'),
  },
  {
    id: 'certificate.key',
    text: 'Which file holds its private key?',
    noun: 'Path',
    help: 'Any form, locked or not. Leave it out when the key is in the same file or folder as the certificate.',
    kind: 'file',
    when: uploaded,
    fallback: () => undefined,
    asked: true,
    check: checkPath,
    find: findFiles('key'),
  },
  {
    id: 'certificate.intermediates',
    text: 'Which file or folder holds missing intermediates?',
    noun: 'Path',
    help: 'Only where the certificate file does not hold them.',
    kind: 'file',
    when: uploaded,
    fallback: () => undefined,
    asked: false,
    check: checkPath,
  },
  {
    id: 'certificate.roots',
    text: 'Which file holds the root that the clients trust?',
    noun: 'Path',
    help: "Only for a private authority: without it the chain is held against this machine's roots.",
    kind: 'file',
    when: uploaded,
    fallback: () => undefined,
    asked: false,
    check: checkPath,
  },
  {
    id: 'certificate.passphrase',
    text: 'Which passphrase opens the key?',
    noun: 'Passphrase',
    help: 'Of the uploaded key, or of the local CA. In an answers file write {file: ./pass} or {fd: 3}; the passphrase itself is refused there.',
    kind: 'secret',
    when: [{ id: 'certificate.source', is: ['self-signed', 'uploaded'] }],
    fallback: () => undefined,
    asked: false,
    check: checkSecret,
  },
  {
    id: 'certificate.repair',
    text: 'Which repairs are agreed to?',
    noun: 'Repairs',
    help: 'Your files stay as they are; a repair changes only what goes in.',
    kind: 'list',
    choices: repairs,
    when: uploaded,
    fallback: () => undefined,
    asked: false,
    check: checkList(checkChoice(repairs), 10),
  },
]
