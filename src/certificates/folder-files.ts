import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type FolderLayout, layoutOf } from './folder-layout.ts'

/** Files of a folder that are looked at. */
const mostFiles = 200

/** Names below a folder that nobody is asked about: no hidden ones, no folders. */
export interface FolderFiles {
  /** Paths below the folder, in order. */
  names: string[]
  layout?: FolderLayout
}

/**
 * The files of a folder, and of the folders in it where a known tool puts them. Links are followed.
 *
 * @throws NodeJS.ErrnoException where the folder cannot be read
 */
export async function filesBelow(folder: string): Promise<FolderFiles> {
  const names = await visible(folder)
  const layout = await layoutOf(names, name => visible(join(folder, name)).catch(() => []))
  const below = !layout ? [] : layout.below === 'each' ? names : layout.below
  const deeper = await Promise.all(
    below.map(async name => {
      const inside = await filesBelow(join(folder, name)).catch(() => ({ names: [] }))
      return inside.names.map(each => join(name, each))
    }),
  )
  const files: string[] = []
  for (const name of names.slice(0, 2 * mostFiles)) {
    const info = await stat(join(folder, name)).catch(() => undefined)
    if (info?.isFile()) files.push(name)
  }
  const all = [...files, ...deeper.flat()].slice(0, mostFiles)
  return { names: all, ...(layout ? { layout } : {}) }
}

async function visible(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  return names.filter(name => !name.startsWith('.')).sort()
}
