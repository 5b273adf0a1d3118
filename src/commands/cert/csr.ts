import { resolve } from 'node:path'
import { publicKeySha256 } from '../../certificates/key-type.ts'
import { parseSubject } from '../../certificates/subject.ts'
import { shortKey } from '../../certificates/summary.ts'
import { usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Line, span } from '../../front/words/line.ts'
import { makeRequest } from '../../requests/make-request.ts'
import { requestPaths } from '../../requests/request-folder.ts'
import { type Io, printJson, printOut } from '../io.ts'
import type { IssueOptions } from './issue.ts'
import { shownPath } from './shown-path.ts'
import { wantedLeaf } from './wanted.ts'

/** Makes a key that waits, and the request that a CA of the user's own answers. */
export async function csr(names: string[], options: IssueOptions, io: Io): Promise<ExitCode> {
  if (options.authority !== undefined || options.days !== undefined) {
    throw usage(
      '--csr does not go with --authority or --days.',
      'The CA that answers decides about both; leave them out.',
    )
  }
  const { world } = io
  const { uses, ...wanted } = await wantedLeaf(names, options)
  const folder = resolve(world.cwd, options.out ?? '.')
  const made = await makeRequest(
    {
      folder,
      names: wanted.names,
      keyType: wanted.keyType,
      subject: options.subject === undefined ? [] : parseSubject(options.subject),
      uses: [...uses],
    },
    { stateFolder: world.stateFolder, now: world.clock.now() },
  )
  const { key, request } = requestPaths(folder)
  const publicKey = publicKeySha256(made.key)
  if (options.json) {
    printJson(io, {
      schema: 'secure-endpoint/request@1',
      folder,
      key,
      request,
      names: made.request.names,
      publicKeySha256: publicKey,
      csr: made.csr,
    })
    return exitCodes.done
  }
  const row = (label: string, text: string): Line => [
    span(`  ${label.padEnd(9)}`, 'quiet'),
    span(text),
  ]
  const here = (path: string) => shownPath(path, world.cwd)
  printOut(io, [
    [
      io.glyphs.state('done'),
      span(` A request for ${made.request.names.join(', ')}`, 'bold'),
      span(made.again ? '  the key waited there already' : '', 'quiet'),
    ],
    row('request', here(request)),
    row('', 'send this file to your CA'),
    row('key', here(key)),
    row('', `waits here for the answer; its public key is ${shortKey(publicKey)}`),
    row('then', 'secure-endpoint cert issue --answer FILE…'),
    row('', 'with all files that the CA sends; days later is fine'),
    row('list', 'secure-endpoint cert issue --waiting'),
  ])
  return exitCodes.done
}
