import type { Asn1 } from 'node-forge/lib/asn1.js'
import type { Certificate } from './certificate.ts'
import * as der from './der.ts'
import { readSteps } from './distinguished-name.ts'
import { type GeneralName, nameText, readGeneralName } from './general-name.ts'
import { hasDnsForm, isBelowDns, mailIsIn, uriIsIn } from './name-spaces.ts'
import { oids } from './oids.ts'

/** Which names a CA may vouch for, of every kind (RFC 5280, 4.2.1.10). */
export interface ConstrainedNames {
  permitted: GeneralName[]
  excluded: GeneralName[]
  /** What the extension may not say; clauses without a full stop. */
  faults: string[]
}

/** @throws DerError */
export function readConstrainedNames(node: Asn1): ConstrainedNames {
  const all = der.parts(node)
  const permitted = readSubtrees(all, 0)
  const excluded = readSubtrees(all, 1)
  const faults = [...permitted.faults, ...excluded.faults]
  if (permitted.names.length + excluded.names.length === 0) faults.push('it constrains nothing')
  return { permitted: permitted.names, excluded: excluded.names, faults }
}

function readSubtrees(all: readonly Asn1[], tag: number) {
  const list = der.findContext(all, tag)
  if (!list || !Array.isArray(list.value)) return { names: [], faults: list ? ['it is empty'] : [] }
  const faults = list.value.length === 0 ? ['a list of names in it is empty'] : []
  const names = list.value.flatMap(subtree => {
    const [base, ...limits] = der.parts(subtree)
    if (limits.length > 0) faults.push('it limits the depth of names')
    return base ? [readGeneralName(base)] : []
  })
  return { names, faults: [...faults, ...names.flatMap(faultOf)] }
}

/** What RFC 5280 does not allow as the base of a constraint. */
function faultOf(base: GeneralName): string[] {
  const text = nameText(base)
  switch (base.kind) {
    case 'dns':
      // the empty name stands for all names
      return base.text === '' || hasDnsForm(base.text) ? [] : [`${text} is no DNS name`]
    case 'mail':
      return base.text.split('@').length > 2 ? [`${text} is no mail address`] : []
    case 'ip':
      return isRange(base.bytes) ? [] : [`${base.bytes.toString('hex')} is no range of addresses`]
    default:
      return []
  }
}

/** Address and mask, and the mask's ones all stand before its noughts (RFC 4632). */
function isRange(bytes: Buffer): boolean {
  if (bytes.length !== 8 && bytes.length !== 32) return false
  const mask = [...bytes.subarray(bytes.length / 2)].map(byte => byte.toString(2).padStart(8, '0'))
  return /^1*0*$/.test(mask.join(''))
}

/** The first name of a certificate that a CA above it may not vouch for; safe text. */
export function forbiddenName(
  { permitted, excluded }: ConstrainedNames,
  certificate: Certificate,
): string | undefined {
  const outside = namesOf(certificate).find(name => {
    const alike = (base: GeneralName) => base.kind === name.kind && sameOther(base, name)
    if (excluded.some(base => alike(base) && covers(base, name, true))) return true
    const bases = permitted.filter(alike)
    return bases.length > 0 && !bases.some(base => covers(base, name, false))
  })
  return outside && nameText(outside)
}

/** Everything that constraints apply to: the SAN, the subject, mail addresses in the subject. */
function namesOf({ altNames, subjectDer }: Certificate): GeneralName[] {
  const steps = readSteps(der.parse(subjectDer))
  const mails = altNames.some(({ kind }) => kind === 'mail')
    ? []
    : steps
        .flatMap(step => step.split('+'))
        .filter(part => part.startsWith(`${oids.emailAddress}=`))
        .map(part => ({ kind: 'mail' as const, text: part.slice(oids.emailAddress.length + 1) }))
  const subject = steps.length > 0 ? [{ kind: 'directory' as const, steps }] : []
  return [...altNames, ...subject, ...mails]
}

function sameOther(base: GeneralName, name: GeneralName): boolean {
  return base.kind !== 'other' || name.kind !== 'other' || base.tag === name.tag
}

/** @param excluded whether the base forbids: then what cannot be read counts as inside */
function covers(base: GeneralName, name: GeneralName, excluded: boolean): boolean {
  if (base.kind === 'dns' && name.kind === 'dns') {
    const host = name.text.toLowerCase().replace(/^\*\./, '')
    if (!hasDnsForm(host)) return excluded
    const inside = isBelowDns(host, base.text.toLowerCase())
    // a wildcard also stands for names that an exclusion deeper down is about
    const wide = excluded && name.text.startsWith('*.')
    return inside || (wide && isBelowDns(base.text.toLowerCase(), host))
  }
  if (base.kind === 'ip' && name.kind === 'ip') return rangeHolds(base.bytes, name.bytes, excluded)
  if (base.kind === 'mail' && name.kind === 'mail') return mailIsIn(name.text, base.text)
  if (base.kind === 'uri' && name.kind === 'uri') {
    return uriIsIn(name.text, base.text) ?? excluded
  }
  if (base.kind === 'directory' && name.kind === 'directory') {
    return base.steps.every((step, at) => name.steps[at] === step)
  }
  // constraints on names that nobody here can compare: nothing is inside what is permitted
  return excluded
}

function rangeHolds(range: Buffer, address: Buffer, excluded: boolean): boolean {
  const half = range.length / 2
  if (address.length !== 4 && address.length !== 16) return excluded
  if (address.length !== half) return false
  return address.every((byte, at) => {
    const mask = range[half + at] ?? 0
    return (byte & mask) === ((range[at] ?? 0) & mask)
  })
}
