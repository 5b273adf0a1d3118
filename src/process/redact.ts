/** Replaces what must not be seen, in any text that leaves the process. */
export type Redact = (text: string) => string

// Events are redacted as JSON text: no pattern may run over the quote that ends a string there.
const patterns: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:[^"\\]|\\[^"])*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|(?=\\?(?:"|$)))/g,
    '(private key not shown)',
  ],
  // a tool's output comes line by line: this is one of a PEM body (hex digests have one case only)
  [
    /(?<=^|\\[nrt]|["\s])(?=[\d+/A-Z]*[a-z])(?=[\d+/a-z]*[A-Z])[A-Za-z\d+/]{64}(?=$|\\[nrt]|["\s])/gm,
    '(base64 not shown)',
  ],
  // and this the last, short one, where the tail of an output begins inside a key
  [
    /(?<=^|\\[nrt]|["\s])[A-Za-z\d+/]{1,76}={0,2}(?=(?:\\[nrt]|[",\s])+-----END [A-Z0-9 ]*PRIVATE KEY-----)/gm,
    '(base64 not shown)',
  ],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/-]{8,}=*/gi, '$1 (not shown)'],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"\\]+@/gi, '$1'],
  [/\b(sky_[A-Za-z0-9]{2,}_|eyJ)[A-Za-z0-9._-]{20,}/g, '(token not shown)'],
]

/**
 * @param secrets exact strings (passphrases, tokens) that must not appear, whatever is around them
 */
export function createRedact(secrets: Iterable<string> = []): Redact {
  const exact = [...secrets]
    .filter(secret => secret.length > 3)
    .flatMap(secret => [...new Set([secret, JSON.stringify(secret).slice(1, -1)])])
    .sort((a, b) => b.length - a.length)
  return text => {
    const shown = exact.reduce((rest, secret) => rest.replaceAll(secret, '(not shown)'), text)
    return patterns.reduce((rest, [pattern, by]) => rest.replace(pattern, by), shown)
  }
}
