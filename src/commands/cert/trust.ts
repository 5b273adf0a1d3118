import { dirname, join, resolve } from 'node:path'
import { readAuthorities } from '../../certificates/authority.ts'
import type { Certificate } from '../../certificates/certificate.ts'
import { trustedBeside } from '../../certificates/rollover.ts'
import { problem, usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { span } from '../../front/words/line.ts'
import { systemRoots } from '../../net/roots.ts'
import { listEndpoints, readEndpoint } from '../../record/endpoint.ts'
import { authorityFolder, recordPaths } from '../../record/paths.ts'
import { endpointRoots, readRoots } from '../../trust/endpoint-trust.ts'
import { storeHere } from '../../trust/install.ts'
import { type TrustFiles, trustFiles, writeTrustFiles } from '../../trust/trust-files.ts'
import { trustWays } from '../../trust/ways.ts'
import { type Io, printJson, printOut } from '../io.ts'
import { trustLines } from './trust-words.ts'

export interface TrustOptions {
  for?: string[]
  out?: string
  install?: boolean
  remove?: boolean
  yes?: boolean
  json?: boolean
}

/** How clients come to trust an endpoint, a local CA or a PEM file: shown, and done on request. */
export async function trust(what: string, options: TrustOptions, io: Io): Promise<ExitCode> {
  if (options.install && options.remove) {
    throw usage('--install and --remove are opposites.', 'Name one of them.')
  }
  const { world } = io
  const { roots, name, folder, url } = await rootsOf(what, io)
  if (roots.length === 0) {
    if (options.json) printJson(io, { schema: 'secure-endpoint/trust@1', roots: [], ways: [] })
    else printOut(io, [[span(`${what}: systems trust its root already; clients need nothing.`)]])
    return exitCodes.done
  }
  const place = options.out === undefined ? folder : resolve(world.cwd, options.out)
  const files = trustFiles(place, name, roots, url)
  await writeTrustFiles(files, roots, systemRoots(world.env))
  const all = trustWays(files)
  if (options.install || options.remove) {
    const { change } = await import('./trust-change.ts')
    return change(files, all, options, io)
  }
  const known = all.map(({ id }) => id)
  const strange = options.for?.find(id => !known.includes(id))
  if (strange !== undefined) {
    throw usage(`--for ${strange} is no way that is known here.`, `Name ${known.join(', ')}.`)
  }
  const here = await storeHere(world)
  if (options.json) {
    const ways = all.filter(({ id }) => options.for?.includes(id) ?? true)
    printJson(io, asJson(files, roots, ways))
    return exitCodes.done
  }
  printOut(io, trustLines({ what, roots, files, ways: all, wanted: options.for, here: here?.id }))
  return exitCodes.done
}

function asJson(files: TrustFiles, roots: readonly Certificate[], ways: unknown) {
  return {
    schema: 'secure-endpoint/trust@1',
    roots: roots.map(({ subject, fingerprint, notAfter }) => ({
      subject,
      fingerprint,
      notAfter: new Date(notAfter).toISOString(),
    })),
    files: { roots: files.roots, bundle: files.bundle, configMap: files.configMap },
    ways,
  }
}

interface Trusted {
  roots: Certificate[]
  /** As file names say it. */
  name: string
  /** Where the files go when nothing else is said. */
  folder: string
  url?: string
}

/** An endpoint, a local CA, or a PEM file, in this order. */
async function rootsOf(what: string, { world }: Io): Promise<Trusted> {
  const { stateFolder } = world
  if ((await listEndpoints(stateFolder)).includes(what)) {
    const paths = recordPaths(stateFolder, what)
    const url = (await readEndpoint(paths))?.url
    const roots = await endpointRoots(stateFolder, paths)
    return { roots, name: what, folder: dirname(paths.trust), ...(url ? { url } : {}) }
  }
  const all = await readAuthorities(stateFolder)
  const path = resolve(world.cwd, what)
  const found = all.some(({ name }) => name === what) ? [] : await readRoots(path)
  const authority = all.find(
    ({ name, certificate }) => name === what || certificate.fingerprint === found[0]?.fingerprint,
  )
  if (authority) {
    const { name, certificate } = authority
    const beside = trustedBeside(name, all).map(each => each.certificate)
    const folder = join(authorityFolder(stateFolder, name), 'trust')
    return { roots: [certificate, ...beside], name, folder }
  }
  const [first] = found
  if (!first) throw unknown(what)
  const id = first.fingerprint.slice(0, 11).replaceAll(':', '').toLowerCase()
  const name = `${(first.commonName ?? 'roots').slice(0, 30)}-${id}`
  return { roots: found, name, folder: join(stateFolder, 'trust', id) }
}

function unknown(what: string) {
  return problem(exitCodes.data, {
    id: 'trust.unknown',
    subject: what,
    evidence: 'no endpoint, no local CA, and no PEM file with certificates',
    fix: 'See what is: secure-endpoint list, secure-endpoint cert ca list',
  })
}
