import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readSecret } from '../../answers/secret.ts'
import {
  type Contents,
  type Converted,
  contentsOf,
  type Form,
  forms,
  toDer,
  toPem,
  toPkcs7,
  toPkcs12,
  toSecret,
} from '../../certificates/convert.ts'
import { labelOf, shortFingerprint, shortKey } from '../../certificates/summary.ts'
import { Problem, problem, usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Line, span } from '../../front/words/line.ts'
import { makeFolder, writeFileAtomic } from '../../record/write.ts'
import { fileTaken } from '../../user-file.ts'
import { type Io, printJson, printOut } from '../io.ts'
import { readNamed } from './read-named.ts'

export interface ConvertOptions {
  to?: string
  out?: string
  passphraseFile?: string
  outPassphraseFile?: string
  force?: boolean
  json?: boolean
}

/**
 * Writes what some files hold in another form. The files stay as they are; nothing is written over
 * without --force, and what holds a key is readable by its owner alone.
 */
export async function convert(files: string[], options: ConvertOptions, io: Io): Promise<ExitCode> {
  const form = formOf(options.to)
  const { out } = options
  if (files.length === 0 || out === undefined)
    throw usage(
      files.length === 0 ? 'No file is named.' : 'Where the result goes is not said.',
      `Type: secure-endpoint cert convert FILE… --to ${form} --out PATH`,
    )
  const named = await readNamed(files, options.passphraseFile, io)
  const blocking = named.findings.filter(({ severity }) => severity === 'blocks')
  if (blocking.length > 0) throw new Problem(exitCodes.data, blocking)
  const contents = contentsOf(named.upload, io.world.clock.now())
  mustHold(contents, form, files)
  const path = resolve(io.world.cwd, out)
  const folder = out.endsWith('/') || (await isFolder(path))
  const made = await convertedTo(form, contents, options, io)
  const placed = folder
    ? made.map(each => ({ ...each, path: join(path, each.name) }))
    : [{ ...inOneFile(made, form), path }]
  for (const each of placed) {
    if (existsSync(each.path) && !options.force)
      throw fileTaken(each.path, {
        why: 'What is in it may be in use.',
        fix: 'Name another place with --out, or add --force to write over it.',
      })
  }
  if (folder) await makeFolder(path)
  for (const each of placed) {
    await writeFileAtomic(each.path, each.content, each.secret ? 0o600 : 0o644)
  }
  say(placed, contents, form, options, io)
  return exitCodes.done
}

function formOf(to: string | undefined): Form {
  const form = forms.find(each => each === to)
  if (form) return form
  throw usage(
    to === undefined ? 'The form to convert to is not said.' : `--to ${to} is no form.`,
    `Name one of ${forms.join(', ')}: --to pem`,
  )
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}

function mustHold({ certificates, key }: Contents, form: Form, files: readonly string[]): void {
  const missing =
    certificates.length === 0 && (form === 'p7' || form === 'k8s-secret' || !key)
      ? 'certificate'
      : form === 'k8s-secret' && !key
        ? 'private key that fits the certificate'
        : undefined
  if (!missing) return
  throw problem(exitCodes.data, {
    id: 'cert.nothing-to-convert',
    title: `There is no ${missing} in these files.`,
    subject: files.join(', '),
    evidence: `${certificates.length} certificates, ${key ? 'a' : 'no'} key`,
    fix: 'Name its file, too: several files are taken together.',
  })
}

async function convertedTo(
  form: Form,
  contents: Contents,
  options: ConvertOptions,
  io: Io,
): Promise<Converted[]> {
  switch (form) {
    case 'pem':
      return toPem(contents)
    case 'der':
      return toDer(contents)
    case 'p7':
      return toPkcs7(contents)
    case 'k8s-secret':
      return toSecret(contents)
    case 'p12':
      return toPkcs12(contents, await outPassphrase(options, io), bytes => io.world.random(bytes))
  }
}

async function outPassphrase({ outPassphraseFile }: ConvertOptions, io: Io): Promise<string> {
  const { cwd } = io.world
  if (outPassphraseFile !== undefined) {
    return readSecret({ file: resolve(cwd, outPassphraseFile) }, cwd)
  }
  if (io.meet !== 'none') {
    const { createTalk } = await import('../../front/plain/talk.ts')
    const talk = createTalk({ ...io, stdout: io.stderr })
    const typed = await talk.askHidden('Passphrase for the new file, hidden:')
    const again = typed && (await talk.askHidden('The same again, hidden:'))
    if (typed && typed === again) return typed
    if (typed) throw usage('The two passphrases differ.', 'Type the command again.')
  }
  throw usage(
    'PKCS#12 needs a passphrase for the new file.',
    'Put one into a file and name it: --out-passphrase-file ./pass',
  )
}

/** PEM alone can hold several things in one file. */
function inOneFile(made: readonly Converted[], form: Form): Converted {
  const [first] = made
  if (first && (made.length === 1 || form === 'pem')) {
    const content = Buffer.concat(made.map(each => each.content))
    return { ...first, content, secret: made.some(({ secret }) => secret) }
  }
  throw usage(
    `DER holds one thing in a file, and here are ${made.length}.`,
    'Name a folder: --out ./der/',
  )
}

function say(
  placed: readonly (Converted & { path: string })[],
  { certificates, key, leftOut }: Contents,
  form: Form,
  { json }: ConvertOptions,
  io: Io,
): void {
  // a PKCS#7 has no place for a key
  const goes = form === 'p7' ? undefined : key
  const without = [...leftOut, ...(form === 'p7' && key ? [key] : [])]
  if (json) {
    printJson(io, {
      schema: 'secure-endpoint/converted@1',
      to: form,
      files: placed.map(({ path, secret }) => ({ path, mode: secret ? '0600' : '0644' })),
      certificates: certificates.map(({ fingerprint, subject }) => ({ fingerprint, subject })),
      key: goes ? goes.publicKeySha256 : null,
      leftOut: without.map(({ file, publicKeySha256 }) => ({ file, publicKeySha256 })),
    })
    return
  }
  const row = (label: string, text: string): Line => [
    span(`    ${label.padEnd(10)}`, 'quiet'),
    span(text),
  ]
  printOut(io, [
    ...placed.map(
      ({ path, secret }): Line => [
        span('  '),
        io.glyphs.state('done'),
        span(` ${path}`, 'bold'),
        span(secret ? '  readable by you alone' : ''),
      ],
    ),
    ...certificates.map((each, index) =>
      row(index === 0 ? 'holds' : '', `${labelOf(each)}  ${shortFingerprint(each.fingerprint)}`),
    ),
    ...(goes
      ? [
          row(
            certificates.length > 0 ? '' : 'holds',
            `its private key, public key ${shortKey(goes.publicKeySha256)}`,
          ),
        ]
      : []),
    ...without.map(each =>
      row(
        'left out',
        `key ${shortKey(each.publicKeySha256)} of ${each.file}${form === 'p7' ? ': PKCS#7 holds no keys' : ': not of the first certificate'}`,
      ),
    ),
  ])
}
