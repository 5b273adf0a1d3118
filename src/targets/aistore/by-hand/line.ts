import { createHash, createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { unlessAbsent } from '../../../record/read.ts'

/** What `templates/aistore/check-files.sh` says of one host: digests (SHA-256, hex) or a word. */
interface Said {
  cert: string
  key: string
  roots: string
  /** Octal, of the key. */
  mode: string
  /**
   * Who ran the check. `reader`: the user that runs aisnode; where none is seen to run, `owner` of the key
   * or `nobody`; else the users (their numbers) that run aisnode.
   */
  as: string
}

/** What it says where all is right; without roots nobody asks for them. */
export type Expected = Pick<Said, 'cert' | 'key'> & { roots?: string }

type Paths = Readonly<Record<'certFile' | 'keyFile' | 'caFile', string>>

const pattern =
  /^secure-endpoint-check (\S{1,255}) cert=(\w{1,64}) key=(\w{1,64}) roots=(-|\w{1,64}) mode=(-|[0-7]{1,4}) as=(reader|owner|nobody|[\d,]{1,60})$/

/** What a command says before it changes anything on a host. */
const begun = /^secure-endpoint-begun (\S{1,255})$/

/** As many bytes of a file are read: one line is shorter than 600. */
const mostBytes = 1_000_000

/**
 * What is said of each host in a file with such lines; any other line is left out, and of several of one
 * host the last counts, unless another try was begun after it. Empty where there is no such file.
 */
export async function readSaid(path: string): Promise<Map<string, Said>> {
  const text = await readFile(path, 'latin1').catch(error => unlessAbsent(path, error, ''))
  const said = new Map<string, Said>()
  for (const line of text.slice(-mostBytes).split('\n')) {
    const [, host = '', cert = '', key = '', roots = '', mode = '', as = ''] =
      pattern.exec(line.trim()) ?? []
    said.delete(begun.exec(line.trim())?.[1] ?? '')
    if (host !== '') said.set(host, { cert, key, roots, mode, as })
  }
  return said
}

/** What the check must say of this pair. Of the key its public half alone is digested. */
export async function expectedOf(pair: {
  chain: string
  key: string
  roots?: string
}): Promise<Expected> {
  const [chain, key, roots] = await Promise.all([
    readFile(pair.chain),
    readFile(pair.key, 'utf8'),
    pair.roots === undefined ? undefined : readFile(pair.roots),
  ])
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return {
    cert: sha256(chain),
    key: sha256(spki),
    ...(roots === undefined ? {} : { roots: sha256(roots) }),
  }
}

/** What is wrong on a host by its line; empty where nothing is. */
export function wrongIn(said: Said, expected: Expected, paths: Paths): string {
  const { certFile, keyFile, caFile } = paths
  // what somebody sees who is not the user of aisnode says nothing of aisnode
  if (said.as === 'nobody' && said.key !== 'missing')
    return `no aisnode runs there: run the check as the owner of ${keyFile}, who must be the user that will run it`
  if (/^\d/.test(said.as))
    return `run the check as the user that runs aisnode there: ${said.as.split(',').join(' or ')}`
  const wrong = [
    fileWrong(keyFile, said.key, expected.key, 'is the key of another certificate'),
    said.key !== 'missing' && said.mode !== '-' && !/^[0-7]?[0-7]00$/.test(said.mode)
      ? `${keyFile} has mode ${said.mode}: others may read the key; chmod 600`
      : '',
    expected.roots === undefined
      ? ''
      : fileWrong(caFile, said.roots, expected.roots, 'holds other roots'),
    fileWrong(certFile, said.cert, expected.cert, 'is another certificate, or not all of it'),
  ]
  return wrong.filter(Boolean).join('; ')
}

function fileWrong(path: string, said: string, expected: string, other: string): string {
  if (said === expected) return ''
  const words: Readonly<Record<string, string>> = {
    missing: 'is not there, or in a folder that the user of aisnode may not enter',
    closed: 'cannot be read by the user of aisnode',
    broken: 'is no key that aisnode can read',
    '-': 'was not looked at: run the whole command',
  }
  return `${path} ${words[said] ?? other}`
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
