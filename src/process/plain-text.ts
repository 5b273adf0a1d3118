import { stripVTControlCharacters } from 'node:util'

// C0 without tab and newline, DEL, C1, line and paragraph separators, and what reorders or hides text.
const harmful =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu

/**
 * Text from a tool, a file, a certificate or the network, safe for a terminal: no escape sequences,
 * no control characters but tab and newline, no bidirectional overrides.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.replace(/\r\n?/g, '\n')).replace(harmful, '')
}

/** The same on one line, white space folded. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim()
}
