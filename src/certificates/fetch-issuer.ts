import { get } from 'node:http'
import { oneLine } from '../process/plain-text.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { httpIssuerUrls } from './issuer-urls.ts'
import type { Spare } from './judgement.ts'
import { readUpload } from './read.ts'

const mostBytes = 64 * 1024
const mostMs = 5000
/** A chain has two or three certificates above its leaf. */
const mostFetched = 4

/** Gets what stands at an address; undefined for anything but an answer of 200 in size and time. */
export type FetchBytes = (url: string) => Promise<Buffer | undefined>

/**
 * Fetches the certificates that are missing above one, from where each says that its issuer's lies
 * (AIA caIssuers), over http: whatever comes is held against the signature, so nobody on the way can slip
 * in another.
 */
export async function fetchIssuers(
  below: Certificate,
  fetchBytes: FetchBytes = getBytes,
): Promise<Spare[]> {
  const spares: Spare[] = []
  let top = below
  while (spares.length < mostFetched && !top.selfSigned) {
    const spare = await fetchIssuer(top, fetchBytes)
    if (!spare) break
    spares.push(spare)
    top = spare.certificate
  }
  return spares
}

async function fetchIssuer(below: Certificate, fetchBytes: FetchBytes): Promise<Spare | undefined> {
  for (const url of httpIssuerUrls(below).slice(0, 2)) {
    const bytes = await fetchBytes(url)
    const certificate = bytes && certificatesIn(bytes).find(each => signed(each, below))
    if (certificate) return { certificate, from: oneLine(url).slice(0, 200) }
  }
  return undefined
}

function signed(issuer: Certificate, below: Certificate): boolean {
  const { x509, publicKey } = issuer
  try {
    return publicKey !== undefined && below.x509.checkIssued(x509) && below.x509.verify(publicKey)
  } catch {
    return false
  }
}

/** One certificate in DER, as most authorities offer it, or a file of any other kind that is read. */
function certificatesIn(bytes: Buffer): Certificate[] {
  const reading = readCertificate(bytes)
  if (reading.ok) return [reading.certificate]
  return readUpload([{ path: 'fetched', bytes }]).certificates.map(each => each.certificate)
}

/** One GET on a connection of its own, without following redirects; at most 64 KiB in 5 s. */
function getBytes(url: string): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    let size = 0
    const finish = (bytes?: Buffer) => {
      clearTimeout(timer)
      asking.destroy()
      resolve(bytes)
    }
    const asking = get(url, { agent: false }, answer => {
      if (answer.statusCode !== 200) return finish()
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > mostBytes) finish()
        else chunks.push(chunk)
      })
      answer.on('end', () => finish(Buffer.concat(chunks)))
      answer.on('error', () => finish())
    })
    const timer = setTimeout(finish, mostMs)
    asking.on('error', () => finish())
  })
}
