/** Replaces what must not be seen, in any text that leaves the process. */
export type Redact = (text: string) => string

const patterns: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
    '(private key not shown)',
  ],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/-]{8,}=*/gi, '$1 (not shown)'],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1'],
  [/\b(sky_[A-Za-z0-9]{2,}_|eyJ)[A-Za-z0-9._-]{20,}/g, '(token not shown)'],
]

/**
 * @param secrets exact strings (passphrases, tokens) that must not appear, whatever is around them
 */
export function createRedact(secrets: Iterable<string> = []): Redact {
  const exact = [...secrets].filter(secret => secret.length > 3).sort((a, b) => b.length - a.length)
  return text => {
    const shown = exact.reduce((rest, secret) => rest.replaceAll(secret, '(not shown)'), text)
    return patterns.reduce((rest, [pattern, by]) => rest.replace(pattern, by), shown)
  }
}
