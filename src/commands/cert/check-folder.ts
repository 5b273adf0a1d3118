import { readFileSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readCertificate } from '../../certificates/certificate.ts'
import { anchorsOf, judge } from '../../certificates/gate.ts'
import type { Judgement } from '../../certificates/judgement.ts'
import { mostBytes, readUpload } from '../../certificates/read.ts'
import { expandSecret } from '../../certificates/secret-file.ts'
import type { FoundKey, Upload, UploadedFile } from '../../certificates/upload.ts'
import { problem } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import type { Finding } from '../../findings.ts'
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
  const remember = rememberCertificates()
  const more = readUpload(above.files, undefined, remember)
  const read = (files: UploadedFile[]) => readUpload(files, passphrase, remember)
  const units = await unitsOf(folder, cwd, read)
  const anchors = anchorsOf(standard)
  const known = new Map<string, Finding[]>()
  const results = units.map(({ name, upload, leafFiles }) => {
    const whole = {
      ...upload,
      certificates: [...upload.certificates, ...more.certificates],
      unread: [...upload.unread, ...more.unread],
    }
    return {
      name,
      ...judge({ ...whole, ...standard, anchors, known, keyOptional: true, leafFiles }),
    }
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
  read: (files: UploadedFile[]) => Upload,
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
      const upload = read(files)
      // nobody said that all in a folder is a certificate or a key
      const unread = upload.unread.filter(({ hides }) => hides !== 'either')
      if (upload.certificates.length + upload.keys.length + unread.length === 0) return []
      return [{ name: oneLine(path), upload, leafFiles: files.map(each => oneLine(each.path)) }]
    }),
  )
  return [...(await flatUnits(files, cwd, read)), ...units.flat()]
}

/** Files that lie side by side: a unit for each with a leaf, and for each that cannot be read. */
async function flatUnits(
  paths: readonly string[],
  cwd: string,
  read: (files: UploadedFile[]) => Upload,
): Promise<Unit[]> {
  const all: Unit[] = []
  for (const path of paths) {
    // in turn, not all at once: a thousand files need not be in memory together
    const file = readSmall(path, cwd)
    if (!file) continue
    const parts = (await expandSecret(file)) ?? [file]
    const leafFiles = parts.map(each => oneLine(each.path))
    all.push({ name: oneLine(path), upload: read(parts), leafFiles })
  }
  const isLeafFile = ({ upload }: Unit) =>
    upload.certificates.some(({ certificate }) => !certificate.isCa)
  const keys = new Map<string, FoundKey[]>()
  for (const key of all.flatMap(({ upload }) => upload.keys)) {
    keys.set(key.publicKeySha256, [...(keys.get(key.publicKeySha256) ?? []), key])
  }
  const cas = all.filter(each => !isLeafFile(each)).flatMap(({ upload }) => upload.certificates)
  const leaves = all.filter(isLeafFile).map(({ name, upload, leafFiles }): Unit => {
    const own = upload.certificates.flatMap(
      ({ certificate }) => keys.get(certificate.publicKeySha256) ?? [],
    )
    const certificates = [...upload.certificates, ...cas]
    return {
      name,
      upload: { ...upload, certificates, keys: [...new Set([...upload.keys, ...own])] },
      leafFiles,
    }
  })
  const unread = all.filter(each => !isLeafFile(each) && each.upload.unread.length > 0)
  return [...leaves, ...unread]
}

/** Without waiting: a wait for each of thousands of small files takes longer than reading them. */
function readSmall(path: string, cwd: string): UploadedFile | undefined {
  try {
    const absolute = resolve(cwd, path)
    const found = statSync(absolute)
    if (!found.isFile()) return undefined // opening a pipe could wait for ever
    const { size, mode } = found
    const bytes = size > mostBytes ? Buffer.alloc(mostBytes + 1) : readFileSync(absolute)
    return { path, bytes, mode: mode & 0o777 }
  } catch {
    return undefined // a link that leads nowhere
  }
}

/** Reads each certificate once: a thousand leaves have a few dozen CAs. */
function rememberCertificates(): typeof readCertificate {
  const known = new Map<string, ReturnType<typeof readCertificate>>()
  return der => {
    const id = der.toString('latin1')
    const reading = known.get(id) ?? readCertificate(der)
    known.set(id, reading)
    return reading
  }
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
