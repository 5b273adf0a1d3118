import { relative } from 'node:path'

/** A path as a user of this folder would type it: relative where it lies below, else absolute. */
export function shownPath(path: string, cwd: string): string {
  const below = relative(cwd, path)
  return below === '' || below.startsWith('..') ? path : below
}
