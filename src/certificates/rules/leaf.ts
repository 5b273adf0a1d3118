import type { GeneralName } from '../general-name.ts'
import { nameText } from '../general-name.ts'
import { ipText } from '../ip.ts'
import { hasDnsForm } from '../name-spaces.ts'
import { everyRole, leafOnly, type Rule, says } from './rule.ts'

/** Uses that a leaf for servers may not have beside serverAuth. */
const notBeside = ['any', 'codeSigning', 'emailProtection', 'timeStamping', 'ocspSigning']

/** What the names and uses of a leaf must look like. */
export const leafRules: readonly Rule[] = [
  {
    id: 'cert.name-form',
    roles: everyRole,
    set: 'rfc',
    source: 'RFC 5280, 4.2.1.6',
    check: ({ certificate: { altNames } }) => altNames.map(faultOf).find(Boolean),
  },
  {
    id: 'cert.name-form',
    roles: leafOnly,
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.2.7.12',
    check: ({ certificate: { dnsNames } }) => {
      const name = dnsNames.find(each => each.includes('_'))
      return name && `${name} holds an underscore`
    },
  },
  {
    id: 'cert.cn-form',
    roles: leafOnly,
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.4.3',
    check: ({ anatomy: { commonNames }, certificate: { altNames, commonName }, purpose }) => {
      if (purpose !== 'serverAuth') return undefined
      if (commonNames.length > 1) return 'it has more than one common name'
      const [name] = commonNames
      const held = altNames.map(sanText)
      return says(
        name !== undefined && !held.includes(name.toLowerCase()),
        `the common name ${commonName} is none of the names in the SAN`,
      )
    },
  },
  {
    id: 'cert.eku-form',
    roles: leafOnly,
    set: 'cab',
    source: 'CA/Browser Forum BR, 7.1.2.7.10',
    check: ({ certificate: { extendedKeyUsage }, purpose }) => {
      if (purpose !== 'serverAuth') return undefined
      if (!extendedKeyUsage) return 'it does not say what it may be used for (no EKU)'
      const other = extendedKeyUsage.find(use => notBeside.includes(use))
      return other && `its uses include ${other}`
    },
  },
]

function faultOf(name: GeneralName): string | undefined {
  const text = nameText(name)
  switch (name.kind) {
    case 'dns': {
      const host = name.text.replace(/^\*\./, '')
      if (!hasDnsForm(host)) return `${text || 'an empty name'} is no DNS name`
      return says(/^[\d.]+$/.test(host), `${text} stands there as a DNS name and is an address`)
    }
    case 'ip':
      return says(
        ipText(name.bytes) === undefined,
        `${text} is no address: ${name.bytes.length} bytes`,
      )
    case 'mail':
      return says(!/^[^@]+@[^@]+$/.test(name.text), `${text || 'an empty name'} is no mail address`)
    case 'uri':
      return says(!/^[a-z][a-z0-9+.-]*:/i.test(name.text), `${text || 'an empty name'} is no URI`)
    default:
      return undefined
  }
}

/** A name as a CN must repeat it: addresses in their one usual form (RFC 5952). */
function sanText(name: GeneralName): string {
  return name.kind === 'ip' ? (ipText(name.bytes) ?? '') : nameText(name).toLowerCase()
}
