import { readFile } from 'node:fs/promises'
import { pemCertificates, systemRoots } from '../../net/roots.ts'
import type { Performing } from '../../plan/op.ts'
import { type Api, createApi } from '../aistore/api.ts'
import { tokenIn } from '../aistore/token.ts'

/**
 * Asks pods that serve HTTPS through tunnels. Plain HTTP is never sent to them: a tunnel may not outlive it.
 *
 * @param roots files of those that sign what they serve, where they are there; those of this machine count, too
 * @param name the name in their certificate
 */
export async function apiOf(
  { roots, name }: { roots: readonly string[]; name: string },
  { world, signal, secrets }: Pick<Performing, 'world' | 'signal' | 'secrets'>,
): Promise<Api> {
  const texts = await Promise.all(roots.map(path => readFile(path, 'utf8').catch(() => '')))
  const token = tokenIn(secrets)
  const known = new Set([...texts.flatMap(pemCertificates), ...systemRoots(world.env)])
  const access = { roots: [...known], name, speaks: 'https' as const }
  return createApi({ ...access, ...(token === undefined ? {} : { token }) }, { world, signal })
}
