import type { Asn1 } from 'node-forge/lib/asn1.js'
import { oneLine } from '../process/plain-text.ts'
import * as der from './der.ts'
import { readSteps } from './distinguished-name.ts'
import { ipText } from './ip.ts'

/** A name of a SAN, or the base of a name constraint (RFC 5280, 4.2.1.6), as its bytes say it. */
export type GeneralName =
  | { kind: 'dns' | 'mail' | 'uri'; text: string }
  | { kind: 'ip'; bytes: Buffer }
  /** Comparable text of each step, from the root of the name down. */
  | { kind: 'directory'; steps: string[] }
  /** What is not read here: other names, X.400, EDI, registered ids. */
  | { kind: 'other'; tag: number }

const texts: Readonly<Record<number, 'mail' | 'dns' | 'uri'>> = { 1: 'mail', 2: 'dns', 6: 'uri' }

/** @throws DerError when a directory name does not have its shape */
export function readGeneralName(node: Asn1): GeneralName {
  const tag = der.tagOf(node)
  const kind = texts[tag & 0x1f]
  if (tag === 0xa4 && Array.isArray(node.value)) {
    return { kind: 'directory', steps: readSteps(node.value[0]) }
  }
  if ((tag & 0xe0) === 0x80 && typeof node.value === 'string') {
    if (kind) return { kind, text: node.value }
    if (tag === 0x87) return { kind: 'ip', bytes: Buffer.from(node.value, 'latin1') }
  }
  return { kind: 'other', tag: tag & 0x1f }
}

/** A name for people, as one safe line. */
export function nameText(name: GeneralName): string {
  switch (name.kind) {
    case 'ip':
      return ipText(name.bytes) ?? `IP:${name.bytes.toString('hex')}`
    case 'directory':
      return oneLine(name.steps.join(', ')).slice(0, 100)
    case 'other':
      return `a name of kind ${name.tag}`
    default:
      return oneLine(name.text.slice(0, 100))
  }
}
