import { X509Certificate } from 'node:crypto'
import { type Certificate, isSignedBy, readCertificate } from '../../certificates/certificate.ts'
import { leafSummary } from '../../certificates/summary.ts'
import { formatLimit } from '../../duration.ts'
import { exitCodes } from '../../exit-codes.ts'
import type { KubeObject } from '../../kubernetes/kubectl.ts'
import { kubectlArgv, placeOf, shellPlace } from '../../kubernetes/place.ts'
import { textIn } from '../../kubernetes/secret.ts'
import { readSecret } from '../../kubernetes/secret-ops.ts'
import { pemCertificates, systemRoots } from '../../net/roots.ts'
import { cappedMs } from '../../plan/limit.ts'
import type { Op, Performing } from '../../plan/op.ts'
import type { Json } from '../../plan/plan.ts'
import { quoteCommand } from '../../process/quote.ts'
import { writeGeneration } from '../../record/generation.ts'
import { managedCertificate, managedSecret } from './answers.ts'
import { operatorProblem } from './problems.ts'

/** Milliseconds between two looks. */
const lookMs = 1_000

/** What the Secret must be: `{place, resource, asked, waitMs}`. */
interface Asked {
  resource: string
  asked: { issuerRef: { name: string; kind: string }; additionalDNSNames: string[] }
}

/**
 * Waits until cert-manager has written what it was asked for into the Secret that the pods mount, and
 * keeps its chain and root as this generation. The key stays in the cluster: it is renewed there.
 */
export const issuedOp: Op = {
  changes: false,
  async run(input, ctx): Promise<Json> {
    const place = placeOf(input.place)
    const wanted = input as unknown as Asked
    const name = managedSecret(wanted.resource)
    const { clock } = ctx.world
    const limitMs = cappedMs(Number(input.waitMs), ctx)
    const began = clock.elapsed()
    for (;;) {
      const secret = await readSecret({ place, name }, ctx)
      const seen = secret ? wrongIn(secret, wanted, clock.now()) : `no Secret ${name} yet`
      if (secret && seen === undefined) return keep(chainIn(secret), textIn(secret, 'ca.crt'), ctx)
      ctx.say(seen ?? '')
      if (clock.elapsed() - began > limitMs) {
        const certificate = managedCertificate(wanted.resource)
        const words = ['describe', 'certificates.cert-manager.io', certificate]
        throw operatorProblem('ais-operator.not-issued', exitCodes.waited, {
          subject: `${place.namespace}/${certificate}`,
          evidence: `${seen} after ${formatLimit(limitMs)}`,
          fix: `See what it waits for: ${quoteCommand(kubectlArgv(place, ...words))}`,
        })
      }
      await clock.sleep(lookMs, ctx.signal)
    }
  },
  printed: ({ place, resource }, show) => {
    const at = placeOf(place as Json)
    const get = ['get', 'secret', show(managedSecret(String(resource))), '-o', 'json']
    return [
      quoteCommand(kubectlArgv(at, ...get)),
      '  keeps tls.crt and ca.crt; the key stays in the cluster, where cert-manager renews it',
    ]
  },
  shell({ place, resource, asked, waitMs }, sh) {
    const { issuerRef, additionalDNSNames } = asked as Asked['asked']
    const words = [
      ...[managedSecret(String(resource)), managedCertificate(String(resource))],
      ...[issuerRef.kind, issuerRef.name, String(Math.ceil(Number(waitMs) / 1000))],
      ...additionalDNSNames,
    ].map(sh.word)
    return [`aisop_issued ${shellPlace(place, sh)} ${words.join(' ')}`]
  },
}

/** Why it is not what was asked for; undefined where it is. */
function wrongIn(secret: KubeObject, { resource, asked }: Asked, now: number): string | undefined {
  const notes = secret.metadata.annotations ?? {}
  const { name, kind } = asked.issuerRef
  if (notes['cert-manager.io/certificate-name'] !== managedCertificate(resource))
    return `${secret.metadata.name} is not written by cert-manager yet`
  const issuer = `${notes['cert-manager.io/issuer-kind']} ${notes['cert-manager.io/issuer-name']}`
  if (issuer !== `${kind} ${name}`) return `it is signed by ${issuer} still`
  const [leaf] = chainIn(secret)
  if (!leaf || textIn(secret, 'tls.key') === '') return 'it holds no pair yet'
  if (now > leaf.notAfter) return 'what it holds has expired'
  const { names } = leafSummary(leaf)
  const missing = asked.additionalDNSNames.find(each => !names.includes(each))
  return missing === undefined ? undefined : `what it holds is not for ${missing} yet`
}

async function keep(
  chain: readonly Certificate[],
  ca: string,
  { record, world }: Performing,
): Promise<Json> {
  const [leaf] = chain
  const last = chain.at(-1)
  if (!leaf || !last) throw new TypeError('a chain without a leaf')
  // an issuer of a public authority gives no ca.crt: its root is one of this machine's
  const roots = ca === '' ? rootsAbove(last, systemRoots(world.env)) : ca
  await writeGeneration(
    record.paths,
    {
      number: record.generation,
      made: new Date(world.clock.now()).toISOString(),
      source: 'managed',
      ...(record.before === undefined ? {} : { replaces: record.before }),
      leaf: leafSummary(leaf),
    },
    {
      'chain.pem': chain.map(({ pem }) => pem).join(''),
      ...(roots === '' ? {} : { 'roots.pem': roots }),
    },
  )
  const { fingerprint } = leaf
  return { fingerprint, seen: `${fingerprint.slice(0, 11)}, generation ${record.generation}` }
}

function rootsAbove({ x509, issuerDer }: Certificate, roots: readonly string[]): string {
  const above = roots.find(pem => {
    const root = new X509Certificate(pem)
    return issuerDer.length > 0 && x509.checkIssued(root) && isSignedBy(x509, root.publicKey)
  })
  return above === undefined ? '' : `${above}\n`
}

function chainIn(secret: KubeObject): Certificate[] {
  return pemCertificates(textIn(secret, 'tls.crt')).flatMap(pem => {
    const read = readCertificate(new X509Certificate(pem).raw)
    return read.ok ? [read.certificate] : []
  })
}
