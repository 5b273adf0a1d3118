import type { X509Certificate } from 'node:crypto'
import { formatLeft } from '../duration.ts'
import { type Address, formatAddress } from '../net/address.ts'
import { type HandshakeOptions, type HandshakeResult, handshake } from '../net/handshake.ts'
import { isIP } from '../net/is-ip.ts'
import type { Contexts } from '../net/secure-context.ts'
import { oneLine } from '../process/plain-text.ts'
import { quoteCommand } from '../process/quote.ts'
import type { Probed } from './result.ts'

export interface TlsWanted {
  address: Address
  name: string
  leaf?: string
  roots: readonly string[]
  /** Our own certificate and key, PEM. */
  client?: { chain: string; key: string }
  /** What these come to, for all addresses. */
  contexts: Contexts
  /** Reads a certificate: many servers send the same. */
  parse: (der: Buffer) => X509Certificate
  /** How the roots are named in words: a file, or "this machine's roots". */
  rootsName: string
  now: number
  signal: AbortSignal
  /** Only which leaf is served. */
  leafOnly?: boolean
}

const handshakeMs = 10_000

/** What one handshake showed, and the version that it was in. */
export interface TlsProbed {
  probed: Probed[]
  protocol?: string
}

/** `tcp.open`, `tls.handshake`, `tls.leaf`, `tls.chain`, `tls.name`, `tls.dates` of one address. */
export async function probeTls(wanted: TlsWanted): Promise<TlsProbed> {
  const result = await handshakeWith(wanted, {}, wanted.leafOnly ? 'leaf' : 'chain')
  const { protocol } = result
  return { probed: probedIn(result, wanted), ...(protocol ? { protocol } : {}) }
}

function probedIn(result: HandshakeResult, wanted: TlsWanted): Probed[] {
  const { address, leafOnly, name } = wanted
  const at = formatAddress(address)
  const command = opensslCommand(at, name)
  const make = (id: string, state: Probed['state'], expected: string, seen: string, more = {}) =>
    ({ id, state, expected, seen, address: at, command, tookMs: result.tookMs, ...more }) as Probed

  const tcp = probeTcp(result, make)
  if (result.outcome !== 'done') {
    const why = result.tcpMs === undefined ? 'tcp.open' : 'tls.handshake'
    const skipped = ['tls.leaf', 'tls.chain', 'tls.name', 'tls.dates']
    return [
      tcp,
      result.tcpMs === undefined
        ? make('tls.handshake', 'skip', 'TLS', 'not tried: tcp.open did not pass')
        : make('tls.handshake', 'fail', 'TLS', noTls(result), {
            transient: true,
            means: 'Something listens there, but it does not speak TLS.',
            fix: 'Look at the log of the server; a pair that it cannot use is the usual reason.',
          }),
      ...skipped.map(id => make(id, 'skip', '', `not tried: ${why} did not pass`)),
    ]
  }
  const sni = isIP(name) ? `without SNI (${name} is an address)` : `with SNI ${name}`
  const leafDer = result.chain[0]
  if (!leafDer)
    return [tcp, make('tls.handshake', 'fail', 'a certificate', 'no certificate is sent')]
  const leaf = wanted.parse(leafDer)
  const served = probeLeaf(leaf, wanted, make)
  const judged = leafOnly
    ? []
    : [
        probeChain(result, wanted, make),
        probeName(leaf, wanted, make),
        probeDates(leaf, result, wanted, make),
      ]
  return [
    tcp,
    make('tls.handshake', 'pass', 'TLS', `${result.protocol} ${sni}`),
    served,
    ...(served.state === 'fail' ? judged.map(asConsequence) : judged),
  ]
}

/** Where another leaf is served, what is wrong with that one is no cause of its own. */
function asConsequence(probed: Probed): Probed {
  if (probed.state !== 'fail') return probed
  return { ...probed, state: 'skip', seen: `not judged: another leaf is served (${probed.seen})` }
}

/** A handshake that offers some versions only, with the trust of all. */
export function handshakeWith(
  { address, name, roots, client, contexts, signal }: TlsWanted,
  versions: Pick<HandshakeOptions, 'minVersion' | 'maxVersion'>,
  reads: NonNullable<HandshakeOptions['reads']>,
): Promise<HandshakeResult> {
  const context = contexts(versions)
  return handshake({
    ...{ ...address, name, roots, ...versions, reads, signal, timeoutMs: handshakeMs },
    ...{ ...(client ? { client } : {}), ...(context ? { context } : {}) },
  })
}

type Make = (
  id: string,
  state: Probed['state'],
  expected: string,
  seen: string,
  more?: Partial<Probed>,
) => Probed

function probeTcp(result: HandshakeResult, make: Make): Probed {
  if (result.tcpMs !== undefined) {
    return make('tcp.open', 'pass', 'accepts', 'accepts', { tookMs: result.tcpMs })
  }
  const seen = { ECONNREFUSED: 'refused', timeout: 'no answer' }[result.error ?? result.outcome]
  return make('tcp.open', 'fail', 'accepts', seen ?? result.error ?? 'no answer', {
    transient: true,
    means: 'Nothing listens there, or a firewall is in between.',
    fix: 'Look at the log of the server, then at security groups and firewalls.',
  })
}

function noTls({ outcome, error }: HandshakeResult): string {
  if (outcome === 'timeout') return 'no answer to the handshake in 10 s'
  return error === 'ECONNRESET' || error === 'closed' ? 'the connection is closed' : `${error}`
}

function probeLeaf(leaf: X509Certificate, { leaf: wanted }: TlsWanted, make: Make): Probed {
  const served = leaf.fingerprint256
  if (!wanted)
    return make('tls.leaf', 'skip', 'any', `${served.slice(0, 11)} (no leaf is recorded)`)
  const evidence = [`served ${served}`, `wanted ${wanted}`, `subject ${oneLine(leaf.subject)}`]
  return served === wanted
    ? make('tls.leaf', 'pass', wanted, `${served.slice(0, 11)} is the wanted leaf`, { evidence })
    : make('tls.leaf', 'fail', wanted, `${served.slice(0, 11)}, wanted ${wanted.slice(0, 11)}`, {
        evidence,
        means: 'Clients get another certificate than the one that was put in.',
        fix: 'Find out which server answers there; a restart may be missing.',
      })
}

const dateVerdicts = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']

const chainVerdicts: Record<string, string> = {
  UNABLE_TO_GET_ISSUER_CERT: 'the issuer of an intermediate is missing',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'no path to a trusted root',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'no path to a trusted root: the issuer of the leaf is missing',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'a self-signed leaf that is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'it ends in a root that is not trusted',
  CERT_SIGNATURE_FAILURE: 'a signature is not right',
  INVALID_CA: 'a certificate in it may not sign others',
  PATH_LENGTH_EXCEEDED: 'it is longer than one of its CAs allows',
  INVALID_PURPOSE: 'a certificate in it may not be used for a server',
  'permitted subtree violation': 'a name is outside the constraints of a CA in it',
  'excluded subtree violation': 'a name is excluded by a CA in it',
}

function probeChain(result: HandshakeResult, wanted: TlsWanted, make: Make): Probed {
  const { chain, distrust } = result
  const certificates = chain.map(wanted.parse)
  const evidence = certificates.map((each, index) => `${index + 1} ${oneLine(each.subject)}`)
  const expected = `a path to ${wanted.rootsName}`
  if (!distrust) {
    const top = certificates.at(-1)
    const root = top ? commonName(top.subject) : ''
    return make('tls.chain', 'pass', expected, `leads to ${root} (${wanted.rootsName})`, {
      evidence,
    })
  }
  if (dateVerdicts.includes(distrust)) {
    return make('tls.chain', 'skip', expected, 'not judged: tls.dates did not pass', { evidence })
  }
  const sent = `${chain.length} certificate${chain.length === 1 ? ' is' : 's are'} sent`
  const seen = chainVerdicts[distrust] ?? distrust
  return make('tls.chain', 'fail', expected, `${seen} (${sent})`, {
    evidence: [...evidence, `OpenSSL says ${distrust}`],
    means: 'Some browsers cope; curl, Python and Go refuse it.',
    fix: 'Put the leaf and all intermediates into the chain file; rotating with a whole chain mends it.',
  })
}

function probeName(leaf: X509Certificate, { name }: TlsWanted, make: Make): Probed {
  const covered = isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name, { subject: 'never' })
  const names = oneLine(leaf.subjectAltName ?? 'none')
  const evidence = [`names: ${names}`]
  return covered
    ? make('tls.name', 'pass', name, `covered by ${covered}`, { evidence })
    : make('tls.name', 'fail', name, `not covered: ${names.slice(0, 200)}`, {
        evidence,
        means: `Every client that asks for ${name} refuses this certificate.`,
        fix: `Order or make one with the name ${name}.`,
      })
}

function probeDates(
  leaf: X509Certificate,
  { chain, distrust }: HandshakeResult,
  { now, parse }: TlsWanted,
  make: Make,
): Probed {
  const from = Date.parse(leaf.validFrom)
  const to = Date.parse(leaf.validTo)
  const evidence = [`leaf valid from ${iso(from)} to ${iso(to)}`]
  const bad = (seen: string) =>
    make('tls.dates', 'fail', 'valid now', seen, {
      evidence,
      means: 'Every client refuses it now.',
      fix: 'Rotate it; if the dates look right, set the clock of this machine.',
    })
  if (now > to) return bad(formatLeft(to - now))
  if (now < from) return bad(`valid only from ${iso(from)}`)
  const others = chain.slice(1).map(parse)
  const old = others.find(
    each => Date.parse(each.validTo) < now || Date.parse(each.validFrom) > now,
  )
  if (old && dateVerdicts.includes(distrust ?? '')) {
    return bad(
      `${commonName(old.subject)} in the chain is valid ${iso(Date.parse(old.validFrom))} to ${iso(Date.parse(old.validTo))}`,
    )
  }
  const days = Math.round((to - from) / 86_400_000)
  const left = formatLeft(to - now)
  const seen = left.endsWith(' days')
    ? `${left.replace(' days', '')} of ${days} days left`
    : `${left} left`
  return make('tls.dates', 'pass', 'valid now', seen, { evidence })
}

function opensslCommand(at: string, name: string): string {
  const sni = isIP(name) ? [] : ['-servername', name]
  return quoteCommand(['openssl', 's_client', '-connect', at, ...sni, '-showcerts'])
}

/** The common name of a subject as node prints it, else its last part; one safe line. */
function commonName(subject: string): string {
  const cn = /^CN=(.*)$/m.exec(subject)?.[1]
  return oneLine(cn ?? subject.split('\n').at(-1) ?? '')
}

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
