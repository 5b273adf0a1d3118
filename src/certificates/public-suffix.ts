/** What public suffixes there are: the rules of the Public Suffix List, without its comments. */
export type PublicSuffixes = ReadonlySet<string>

/** Second levels that registries of countries sell names under, where no list is at hand. */
const usual = /^(ac|co|com|edu|gob|gov|gouv|govt|ind|mil|ne|net|nom|or|org|sch)\.[a-z]{2}$/

/** Reads the Public Suffix List as publicsuffix.org publishes it. */
export function readPublicSuffixes(text: string): PublicSuffixes {
  const lines = text.split('\n').map(line => line.trim())
  return new Set(lines.filter(line => line !== '' && !line.startsWith('//')))
}

/**
 * Whether everybody can register names directly below a host (publicsuffix.org, "Algorithm"); without
 * a list only top levels and the usual second levels of countries are known.
 */
export function isPublicSuffix(host: string, list: PublicSuffixes | undefined): boolean {
  if (!host.includes('.')) return true
  if (!list) return usual.test(host)
  if (list.has(`!${host}`)) return false
  return list.has(host) || list.has(`*.${host.slice(host.indexOf('.') + 1)}`)
}
