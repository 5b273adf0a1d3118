import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/** 4 or 16 bytes of an address as it is written; undefined when it is none. A zone (`%eth0`) goes. */
export function ipBytes(text: string): Buffer | undefined {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  if (isIPv4(bare)) return Buffer.from(bare.split('.').map(Number))
  if (!isIPv6(bare)) return undefined
  const hex = bare.replace(/\d+\.\d+\.\d+\.\d+$/, dotted => {
    const bytes = Buffer.from(dotted.split('.').map(Number)).toString('hex')
    return `${bytes.slice(0, 4)}:${bytes.slice(4)}`
  })
  const [before = [], after = []] = hex.split('::').map(half => half.split(':').filter(Boolean))
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const groups = [...before, ...zeros, ...after]
  return Buffer.from(groups.map(group => group.padStart(4, '0')).join(''), 'hex')
}

/** The usual text for 4 or 16 bytes: `10.0.0.5`, `2001:db8::17`; undefined for any other length. */
export function ipText(bytes: Buffer): string | undefined {
  if (bytes.length === 4) return [...bytes].join('.')
  if (bytes.length !== 16) return undefined
  const groups = bytes.toString('hex').match(/.{4}/g) ?? []
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}
