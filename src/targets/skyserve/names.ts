import { folderName } from './answers.ts'

/**
 * A name for a second service: `N-2` for `N`, `N-3` for `N-2`; never one that shares a folder on the
 * controller with another service.
 */
export function nextName(old: string, taken: readonly string[]): string {
  const match = /^(.*)-(\d{1,4})$/.exec(old)
  const base = match?.[1] ?? old
  const folders = new Set(taken.map(folderName))
  for (let number = Number(match?.[2] ?? 1) + 1; ; number += 1) {
    const name = `${base}-${number}`
    if (!folders.has(folderName(name))) return name
  }
}
