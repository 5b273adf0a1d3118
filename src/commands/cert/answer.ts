import { resolve } from 'node:path'
import type { Certificate } from '../../certificates/certificate.ts'
import { leafSummary } from '../../certificates/summary.ts'
import type { UploadedFile } from '../../certificates/upload.ts'
import { readUploadFiles } from '../../certificates/upload-files.ts'
import { Problem, usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { gateLines } from '../../front/words/gate.ts'
import { type Line, span } from '../../front/words/line.ts'
import { systemRoots } from '../../net/roots.ts'
import { listWaiting, type Waiting } from '../../requests/pointers.ts'
import { readRequest, requestPaths } from '../../requests/request-folder.ts'
import { type TakenAnswer, takeAnswer } from '../../requests/take-answer.ts'
import { type Io, printJson, printOut } from '../io.ts'
import { anyServer } from './any-server.ts'
import type { IssueOptions } from './issue.ts'
import { shownPath } from './shown-path.ts'

/** Takes what a CA has answered to a request: `chain.pem` goes beside the key that waits. */
export async function answer(names: string[], options: IssueOptions, io: Io): Promise<ExitCode> {
  if (names.length > 0) {
    throw usage(
      'With --answer no names are given: the request has them.',
      'Type: secure-endpoint cert issue --answer FILE…',
    )
  }
  const { world } = io
  const files = await readAll(options.answer ?? [], world.cwd)
  const taken = await takeAnswer({
    files,
    roots: options.roots === undefined ? [] : await readAll([options.roots], world.cwd),
    waiting: await candidates(options, io),
    profile: anyServer,
    systemRoots: systemRoots(world.env),
    stateFolder: world.stateFolder,
    now: world.clock.now(),
  })
  if (options.json) {
    const { chain, key, roots } = requestPaths(taken.folder)
    printJson(io, {
      schema: 'secure-endpoint/issued@1',
      chain,
      key,
      ...(taken.privateRoot ? { roots } : {}),
      leaf: leafSummary(taken.leaf),
      verdict: taken.judgement.verdict,
      findings: taken.judgement.findings,
      repairs: taken.judgement.repairs,
    })
  } else {
    printOut(io, [...gateLines(taken.judgement, { now: world.clock.now(), glyphs: io.glyphs })])
    printOut(io, writtenLines(taken, taken.leaf, io))
  }
  return exitCodes.done
}

/** With `--out` the request of that folder, also one that was moved or answered before. */
async function candidates({ out }: IssueOptions, { world }: Io): Promise<Waiting[]> {
  if (out === undefined) return listWaiting(world.stateFolder)
  const folder = resolve(world.cwd, out)
  const request = await readRequest(folder)
  return request ? [{ folder, request }] : []
}

async function readAll(paths: readonly string[], cwd: string): Promise<UploadedFile[]> {
  const read = await Promise.all(
    paths.map(chain => readUploadFiles({ source: 'uploaded', chain }, cwd)),
  )
  const findings = read.flatMap(each => each.findings)
  if (findings.length > 0) throw new Problem(exitCodes.data, findings)
  return read.flatMap(each => each.files)
}

function writtenLines({ folder, privateRoot }: TakenAnswer, leaf: Certificate, io: Io): Line[] {
  const { chain, key, roots } = requestPaths(shownPath(folder, io.world.cwd))
  const row = (label: string, text: string): Line => [
    span(`  ${label.padEnd(7)}`, 'quiet'),
    span(text),
  ]
  return [
    [
      io.glyphs.state('done'),
      span(' The answer fits the key that waited.', 'bold'),
      span(`  ${leaf.fingerprint.slice(0, 11)}`, 'quiet'),
    ],
    row('chain', chain),
    row('key', `${key} (readable by you alone)`),
    ...(privateRoot
      ? [row('roots', roots), row('trust', `secure-endpoint cert trust ${roots}`)]
      : []),
    row('next', 'secure-endpoint init, with "uploaded" and these files'),
  ]
}
