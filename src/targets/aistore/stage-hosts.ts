import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { ToolCall } from '../../process/tool.ts'

interface Staged {
  name: string
  mode: number
  /** Below the stage's folder. */
  path: string
  size: number
  digest: string
}

/**
 * Stands for the hosts behind ssh: does with files of the stage what `templates/aistore/on-host.sh` would
 * do with those of a host, and answers in its words. `pathOf` says where a path of that host lies.
 */
export function answerAsHost(
  { argv, stdin = '' }: ToolCall,
  pathOf: (path: string) => string,
): string {
  const count = Number(/count=(\d+)/.exec(argv.at(-1) ?? '')?.[1] ?? 0)
  const bytes = Buffer.from(stdin)
  const program = bytes.subarray(0, count).toString()
  const contents = { rest: bytes.subarray(count).toString() }
  const lines = program.slice(program.lastIndexOf('\n{\n') + 3).split('\n')
  const value = (name: string) =>
    wordsOf(lines.find(line => line.startsWith(`${name}=`)) ?? '')[0]?.slice(name.length + 1) ?? ''
  const [tag, kept] = [value('tag'), value('kept')]
  const [, list = ''] = /^files\(\) \{ each "\$1" (.*); \}$/m.exec(lines.join('\n')) ?? []
  const files = filesIn(wordsOf(list), pathOf)
  const said = lines.flatMap(line => {
    const [, call] = /^files (\w+)$/.exec(line) ?? []
    return call ? files.flatMap(file => act(call, file, { tag, kept, contents })) : []
  })
  const wrong = said.find(line => line.startsWith('wrong '))
  return [...(wrong === undefined ? [...said, 'end'] : [wrong])]
    .map(line => `se: ${line}\n`)
    .join('')
}

function act(
  call: string,
  { name, mode, path, size, digest }: Staged,
  { tag, kept, contents }: { tag: string; kept: string; contents: { rest: string } },
): string[] {
  const fresh = join(dirname(path), `.${basename(path)}.${tag}`)
  const copy = `${path}.${kept}`
  switch (call) {
    case 'look':
      if (!existsSync(path)) return [`${name} none`]
      return [`${name} ${digestOf(path) === digest && isPrivate(name, path) ? 'same' : 'other'}`]
    case 'look_kept':
      return [`${name} ${existsSync(copy) && digestOf(copy) === digestOf(path) ? 'same' : 'other'}`]
    case 'show':
      if (!existsSync(path)) return [`${name} none`]
      return [
        `${name} there`,
        ...certificatesIn(path).flatMap(pem => pem.split('\n').map(each => `${name}= ${each}`)),
      ]
    case 'known':
      return known(name, path)
    case 'keep':
      if (existsSync(path)) copyFileSync(path, copy)
      return []
    case 'put':
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(fresh, contents.rest.slice(0, size), { mode })
      contents.rest = contents.rest.slice(size)
      chmodSync(fresh, mode)
      return []
    case 'put_kept':
      if (existsSync(copy)) copyFileSync(copy, fresh)
      return []
    case 'turn':
      if (existsSync(fresh)) renameSync(fresh, path)
      return []
    case 'drop':
      rmSync(fresh, { force: true })
      return []
    default:
      return []
  }
}

function filesIn(words: readonly string[], pathOf: (path: string) => string): Staged[] {
  const starts = words.flatMap((_, at) => (at % 5 === 0 ? [at] : []))
  return starts.map(at => {
    const [name = '', mode = '', path = '', size = '', digest = ''] = words.slice(at, at + 5)
    return {
      name,
      mode: Number.parseInt(mode, 8),
      path: pathOf(path),
      size: Number(size),
      digest,
    }
  })
}

/** The words of a line as `quoteWord` writes them. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:'(?:[^']|'\\'')*'|[^\s'])+/g) ?? []
  return words.map(each => each.replaceAll("'\\''", '\0').replaceAll("'", '').replaceAll('\0', "'"))
}

function known(name: string, path: string): string[] {
  const text = existsSync(path) ? readFileSync(path, 'latin1') : ''
  const begin =
    name === 'key' ? /-----BEGIN [A-Z ]*PRIVATE KEY-----/ : /-----BEGIN CERTIFICATE-----/
  return text === '' || begin.test(text) ? [] : [`wrong foreign ${path}: it holds no ${name}`]
}

function certificatesIn(path: string): string[] {
  const pattern = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g
  return readFileSync(path, 'latin1').match(pattern) ?? []
}

function isPrivate(name: string, path: string): boolean {
  return name !== 'key' || (statSync(path).mode & 0o077) === 0
}

function digestOf(path: string): string {
  return existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : ''
}
