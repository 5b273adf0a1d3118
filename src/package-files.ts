import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that this package is installed in: sources and bundle lie at different depths. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'templates'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the package has no templates folder')
    folder = parent
  }
  return folder
}
