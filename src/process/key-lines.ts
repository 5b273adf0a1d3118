import type { OnLine } from './tool.ts'

/**
 * Passes lines on, but for the bodies of private keys: a redaction that sees one line cannot know that a
 * short piece of base64 belongs to a key. Other lines in between, as those of stderr, are passed on.
 */
export function withoutKeyBodies(onLine: OnLine): OnLine {
  let inside = false
  return (line, from) => {
    if (inside && /^\s*[A-Za-z\d+/=]+\s*$/.test(line)) return
    if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(line)) inside = true
    if (/-----END [A-Z0-9 ]*PRIVATE KEY-----/.test(line)) inside = false
    onLine(line, from)
  }
}
