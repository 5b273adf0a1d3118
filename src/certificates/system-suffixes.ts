import { readFileSync } from 'node:fs'
import { type PublicSuffixes, readPublicSuffixes } from './public-suffix.ts'

/** Where Debian, Fedora and Alpine keep the Public Suffix List, for curl among others. */
const places = [
  '/usr/share/publicsuffix/public_suffix_list.dat',
  '/usr/share/publicsuffix/effective_tld_names.dat',
]

/** The Public Suffix List of this machine, read once when it is first asked for. */
export function lazyPublicSuffixes(): () => PublicSuffixes | undefined {
  let read: { list: PublicSuffixes | undefined } | undefined
  return () => {
    read ??= { list: places.flatMap(readList)[0] }
    return read.list
  }
}

function readList(path: string): PublicSuffixes[] {
  try {
    return [readPublicSuffixes(readFileSync(path, 'utf8'))]
  } catch {
    return []
  }
}
