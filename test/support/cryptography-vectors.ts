import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Why tests with these vectors are skipped. */
export const noVectors =
  'python3-cryptography-vectors is not installed, and CRYPTOGRAPHY_VECTORS names no copy of it'

/**
 * A folder of pyca/cryptography's vectors: Debian's package, or what CRYPTOGRAPHY_VECTORS names; undefined
 * where there is none.
 */
export function vectorsFolder(name: string): string | undefined {
  return [
    process.env.CRYPTOGRAPHY_VECTORS ?? '',
    '/usr/lib/python3/dist-packages/cryptography_vectors',
  ]
    .map(each => join(each, name))
    .find(existsSync)
}
