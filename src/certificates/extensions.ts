import type { Asn1 } from 'node-forge/lib/asn1.js'
import { oneLine } from '../process/plain-text.ts'
import type { IpRange, NameConstraints } from './constraints.ts'
import * as der from './der.ts'
import { type GeneralName, readGeneralName } from './general-name.ts'
import { ipText } from './ip.ts'
import { type ConstrainedNames, readConstrainedNames } from './name-constraints.ts'
import { oids, uses } from './oids.ts'

/** What a certificate's extensions say, as far as node:crypto does not show it. */
export interface Extensions {
  /** Host names as they stand in the SAN, in small letters; only printable ASCII of at most 253 characters. */
  dnsNames: string[]
  /** Canonical text of each address. */
  ipAddresses: string[]
  /** Names of other kinds, and what cannot be a host name; safe text. */
  otherNames: string[]
  /** Every name of the SAN as its bytes say it. */
  altNames: GeneralName[]
  isCa: boolean
  /** How many CAs may follow below this one; undefined: any number. */
  pathLength?: number
  /** Whether a number of CAs stands there, also where it is no CA and the number means nothing. */
  hasPathLength?: true
  /** Undefined when there is no such extension: then nothing is excluded. */
  keyUsage?: KeyUse[]
  /** Names of known uses, numbers of others. */
  extendedKeyUsage?: string[]
  /** Upper-case hex. */
  subjectKeyId?: string
  authorityKeyId?: string
  nameConstraints?: NameConstraints
  /** The same with every kind of name. */
  constrainedNames?: ConstrainedNames
  /** Where the certificate of the issuer can be fetched (AIA caIssuers), as it stands there. */
  issuerUrls?: string[]
  /** Whether clients are told to insist on a stapled OCSP response (RFC 7633). */
  mustStaple: boolean
  /** Identifiers of all critical extensions. */
  critical: string[]
  /** All extensions by their identifiers. */
  extensions: ReadonlyMap<string, RawExtension>
}

/** In the order of their bits (RFC 5280, 4.2.1.3). */
export const keyUses = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUse = (typeof keyUses)[number]

interface RawExtension {
  critical: boolean
  /** DER of what the OCTET STRING holds. */
  value: Buffer
}

/**
 * Reads the list of extensions of a TBSCertificate; undefined where it has none.
 *
 * @throws DerError when one that is read here does not have its shape
 */
export function readExtensions(list: Asn1 | undefined): Extensions {
  const raw = new Map<string, RawExtension>()
  for (const node of list ? der.parts(list) : []) {
    const [type, ...rest] = der.parts(node)
    const critical = der.isBool(rest[0]) && der.readBool(rest[0])
    const id = der.readOid(type)
    if (raw.has(id)) throw new der.DerError('it has the same extension twice')
    raw.set(id, { critical, value: der.readOctets(rest.at(-1)) })
  }
  const read = <T>(id: string, reader: (node: Asn1, raw: RawExtension) => T): T | undefined => {
    const found = raw.get(id)
    return found ? reader(der.parse(found.value), found) : undefined
  }
  return {
    ...given({
      ...(read(oids.subjectAltName, readNames) ?? {
        dnsNames: [],
        ipAddresses: [],
        otherNames: [],
        altNames: [],
      }),
      ...(read(oids.basicConstraints, readBasicConstraints) ?? { isCa: false }),
      keyUsage: read(oids.keyUsage, node => der.readBits(node).flatMap(bit => keyUses[bit] ?? [])),
      extendedKeyUsage: read(oids.extendedKeyUsage, node => der.parts(node).map(readUse)),
      subjectKeyId: read(oids.subjectKeyId, node => hex(der.readOctets(node))),
      authorityKeyId: read(oids.authorityKeyId, readAuthorityKeyId),
      nameConstraints: read(oids.nameConstraints, readConstraints),
      constrainedNames: read(oids.nameConstraints, readConstrainedNames),
      issuerUrls: read(oids.authorityInfo, readIssuerUrls),
      mustStaple: read(oids.tlsFeature, asksForStaple) ?? false,
      critical: [...raw].filter(([, { critical }]) => critical).map(([id]) => id),
      extensions: raw,
    }),
  }
}

/** Leaves out what is undefined, so that an absent extension is an absent key. */
function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}

function readNames(node: Asn1) {
  const dnsNames: string[] = []
  const ipAddresses: string[] = []
  const otherNames: string[] = []
  for (const name of der.parts(node)) {
    const tag = der.tagOf(name)
    const bytes = typeof name.value === 'string' ? Buffer.from(name.value, 'latin1') : undefined
    const text = bytes?.toString('latin1') ?? ''
    const ip = bytes && tag === 0x87 ? ipText(bytes) : undefined
    if (ip) ipAddresses.push(ip)
    else if (tag === 0x82 && /^[\x21-\x7e]{1,253}$/.test(text)) dnsNames.push(text.toLowerCase())
    else otherNames.push(`${nameKinds[tag & 0x1f] ?? 'other'}:${oneLine(text.slice(0, 100))}`)
  }
  return { dnsNames, ipAddresses, otherNames, altNames: der.parts(node).map(readGeneralName) }
}

const nameKinds = ['other', 'mail', 'DNS', 'X.400', 'directory', 'EDI', 'URI', 'IP', 'id']

function readBasicConstraints(
  node: Asn1,
): Pick<Extensions, 'isCa' | 'pathLength' | 'hasPathLength'> {
  const all = der.parts(node)
  const isCa = der.isBool(all[0]) && der.readBool(all[0])
  const length = all.find(der.isNumber)
  if (!length) return { isCa }
  return { isCa, hasPathLength: true, ...(isCa ? { pathLength: der.readNumber(length) } : {}) }
}

function readUse(node: Asn1): string {
  const id = der.readOid(node)
  return Object.entries(uses).find(([, number]) => number === id)?.[0] ?? id
}

function readAuthorityKeyId(node: Asn1): string | undefined {
  const id = der.findContext(der.parts(node), 0)
  return id && typeof id.value === 'string' ? hex(Buffer.from(id.value, 'latin1')) : undefined
}

function readIssuerUrls(node: Asn1): string[] {
  return der.parts(node).flatMap(access => {
    const [method, place] = der.parts(access)
    if (!place || der.readOid(method) !== oids.caIssuers) return []
    const name = readGeneralName(place)
    return name.kind === 'uri' ? [name.text] : []
  })
}

/** status_request is TLS extension 5, status_request_v2 is 17. */
function asksForStaple(node: Asn1): boolean {
  return der.parts(node).some(feature => [5, 17].includes(der.readNumber(feature)))
}

function readConstraints(node: Asn1, { critical }: RawExtension): NameConstraints {
  const permitted = readSubtrees(node, 0)
  const excluded = readSubtrees(node, 1)
  return {
    critical,
    permittedDns: permitted.dns,
    excludedDns: excluded.dns,
    permittedIp: permitted.ip,
    excludedIp: excluded.ip,
    others: permitted.others || excluded.others,
  }
}

function readSubtrees(node: Asn1, tag: number) {
  const found: { dns: string[]; ip: IpRange[]; others: boolean } = {
    dns: [],
    ip: [],
    others: false,
  }
  const list = der.findContext(der.parts(node), tag)
  for (const subtree of list ? der.parts(list, 0xa0 | tag) : []) {
    const [base] = der.parts(subtree)
    const bytes = Buffer.from(typeof base?.value === 'string' ? base.value : '', 'latin1')
    const half = bytes.length / 2
    if (base && der.tagOf(base) === 0x82) found.dns.push(bytes.toString('latin1').toLowerCase())
    else if (base && der.tagOf(base) === 0x87 && (half === 4 || half === 16)) {
      found.ip.push({ address: bytes.subarray(0, half), mask: bytes.subarray(half) })
    } else found.others = true
  }
  return found
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex').toUpperCase()
}
