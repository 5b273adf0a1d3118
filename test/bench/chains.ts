import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { make } from '../support/certificates.ts'

/**
 * Writes many chains with their keys: `pairs/NAME.pem` (leaf and CA), `pairs/NAME.key`, `root.pem`.
 *
 * @param at the moment that they are valid around, milliseconds since 1970
 */
export function writeChains(folder: string, count: number, issuers: number, at: number): void {
  const root = make({ ca: true, cn: 'Bench Root', at })
  const cas = Array.from({ length: issuers }, (_, index) =>
    make({ ca: true, cn: `Bench CA ${index}`, issuer: root, at }),
  )
  mkdirSync(join(folder, 'pairs'), { recursive: true })
  writeFileSync(join(folder, 'root.pem'), root.pem)
  for (let index = 0; index < count; index += 1) {
    const issuer = cas[index % issuers] ?? root
    const name = `host-${index}.example.com`
    const leaf = make({ issuer, names: [name], at })
    writeFileSync(join(folder, 'pairs', `${name}.pem`), leaf.pem + issuer.pem)
    writeFileSync(join(folder, 'pairs', `${name}.key`), leaf.keyPem, { mode: 0o600 })
  }
}
