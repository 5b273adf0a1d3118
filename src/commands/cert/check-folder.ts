import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { judge } from '../../certificates/gate.ts'
import type { Judgement } from '../../certificates/judgement.ts'
import { readUpload } from '../../certificates/read.ts'
import type { FoundKey, Upload } from '../../certificates/upload.ts'
import { problem } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Line, span } from '../../front/words/line.ts'
import { findingLines } from '../../front/words/problem.ts'
import { wrapLine } from '../../front/words/wrap.ts'
import { oneLine } from '../../process/plain-text.ts'
import { type Io, printJson, printOut, widthOf } from '../io.ts'
import type { CheckOptions } from './check.ts'
import { readFiles, type Standard } from './check-input.ts'

/** A certificate with what belongs to it: a folder, or one file among others. */
interface Unit {
  name: string
  upload: Upload
  leafFiles: string[]
}

/**
 * Checks every pair in a folder: each folder in it is one (`live/NAME`), and so is each file in it with
 * a leaf; keys are found by content, and files with CAs alone stand above all.
 */
export async function checkFolder(
  folder: string,
  options: CheckOptions,
  { passphrase, findings, ...standard }: Standard,
  io: Io,
): Promise<ExitCode> {
  const { cwd } = io.world
  const above = await readFiles(options.intermediates, cwd)
  const more = readUpload(above.files)
  const units = await unitsOf(folder, cwd, passphrase)
  const results = units.map(({ name, upload, leafFiles }) => {
    const whole = {
      ...upload,
      certificates: [...upload.certificates, ...more.certificates],
      unread: [...upload.unread, ...more.unread],
    }
    return { name, ...judge({ ...whole, ...standard, keyOptional: true, leafFiles }) }
  })
  const unread = [...findings, ...above.findings]
  const bad = results.filter(({ verdict }) => verdict === 'blocked')
  const blocked = bad.length > 0 || unread.some(({ severity }) => severity === 'blocks')
  const verdict = blocked
    ? 'blocked'
    : results.some(each => each.verdict === 'repaired')
      ? 'repaired'
      : 'ok'
  if (options.json) {
    printJson(io, {
      schema: 'secure-endpoint/checks@1',
      verdict,
      findings: unread,
      results: results.map(({ name, verdict, findings, repairs }) => ({
        ...{ name, verdict, findings, repairs },
      })),
    })
  } else {
    const width = widthOf(io)
    const lines = [
      ...unread.flatMap(each => findingLines(each, io.glyphs.state('failed'))),
      ...results.flatMap(each => resultLines(each, io)),
      summary(results.length, bad.length),
    ]
    printOut(
      io,
      lines.flatMap(line => wrapLine(line, width, 11)),
    )
  }
  return blocked ? exitCodes.data : exitCodes.done
}

async function unitsOf(
  folder: string,
  cwd: string,
  passphrase: string | undefined,
): Promise<Unit[]> {
  const entries = await readdir(resolve(cwd, folder), { withFileTypes: true }).catch(() => {
    throw problem(exitCodes.data, {
      id: 'answers.unreadable',
      title: `The folder ${oneLine(folder)} cannot be read.`,
      subject: oneLine(folder),
      fix: 'Name a folder with certificates and keys, or with a folder for each.',
    })
  })
  const names = entries.filter(({ name }) => !name.startsWith('.')).sort(byName)
  const folders = names.filter(each => each.isDirectory()).map(({ name }) => join(folder, name))
  const files = names.filter(each => !each.isDirectory()).map(({ name }) => join(folder, name))
  const units = await Promise.all(
    folders.map(async (path): Promise<Unit[]> => {
      const { files } = await readFiles(path, cwd)
      const upload = readUpload(files, passphrase)
      if (upload.certificates.length + upload.keys.length + upload.unread.length === 0) return []
      return [{ name: oneLine(path), upload, leafFiles: files.map(each => oneLine(each.path)) }]
    }),
  )
  return [...(await flatUnits(files, cwd, passphrase)), ...units.flat()]
}

/** Files that lie side by side: a unit for each with a leaf, and for each that cannot be read. */
async function flatUnits(
  paths: readonly string[],
  cwd: string,
  passphrase: string | undefined,
): Promise<Unit[]> {
  const { files } = await readFiles(paths, cwd)
  const read = files.map(file => ({
    name: oneLine(file.path),
    upload: readUpload([file], passphrase),
  }))
  const isLeafFile = ({ upload }: (typeof read)[number]) =>
    upload.certificates.some(({ certificate }) => !certificate.isCa)
  const keys = new Map<string, FoundKey[]>()
  for (const key of read.flatMap(({ upload }) => upload.keys)) {
    keys.set(key.publicKeySha256, [...(keys.get(key.publicKeySha256) ?? []), key])
  }
  const cas = read.filter(each => !isLeafFile(each)).flatMap(({ upload }) => upload.certificates)
  const leaves = read.filter(isLeafFile).map(({ name, upload }): Unit => {
    const own = upload.certificates.flatMap(
      ({ certificate }) => keys.get(certificate.publicKeySha256) ?? [],
    )
    const all = [...new Set([...upload.keys, ...own])]
    const certificates = [...upload.certificates, ...cas]
    return { name, upload: { ...upload, certificates, keys: all }, leafFiles: [name] }
  })
  const unread = read
    .filter(each => !isLeafFile(each) && each.upload.unread.length > 0)
    .map(({ name, upload }): Unit => ({ name, upload, leafFiles: [name] }))
  return [...leaves, ...unread]
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1
}

type Result = Judgement & { name: string }

/** One line for each that can be used, and what blocks the others. */
function resultLines({ name, verdict, findings, repairs }: Result, { glyphs }: Io): Line[] {
  if (verdict !== 'blocked') {
    const count = repairs.length
    const done = count === 0 ? '' : count === 1 ? ', after 1 repair' : `, after ${count} repairs`
    return [[span('  '), glyphs.state('done'), span(` ${name}: can be used${done}`)]]
  }
  const causes = findings.filter(({ severity }) => severity === 'blocks')
  return [
    [span('  '), glyphs.state('failed'), span(` ${name}: cannot be used`)],
    ...causes.map((each): Line => [span(`      ${each.title}`), span(` ${each.id}`, 'quiet')]),
  ]
}

function summary(all: number, bad: number): Line {
  if (all === 0) return [span('No certificate for a server is in this folder.', 'bold')]
  const good = all - bad
  return [span(`${good} of ${all} can be used.`, 'bold')]
}
