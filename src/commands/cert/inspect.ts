import type { Certificate } from '../../certificates/certificate.ts'
import { keyTypeText } from '../../certificates/key-type.ts'
import { readUpload } from '../../certificates/read.ts'
import { shortKey } from '../../certificates/summary.ts'
import { readUploadFiles } from '../../certificates/upload-files.ts'
import { formatLeft } from '../../duration.ts'
import { usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { type Line, span } from '../../front/words/line.ts'
import { findingLines } from '../../front/words/problem.ts'
import { type Io, printJson, printOut } from '../io.ts'

/** Says what some files hold, whatever they are called. Nothing is judged, no key is shown. */
export async function inspect(
  files: string[],
  { json }: { json?: boolean },
  io: Io,
): Promise<ExitCode> {
  if (files.length === 0)
    throw usage('No file is named.', 'Type: secure-endpoint cert inspect FILE…')
  const { world, glyphs } = io
  const read = await Promise.all(
    files.map(chain => readUploadFiles({ source: 'uploaded', chain }, world.cwd)),
  )
  const upload = readUpload(read.flatMap(each => each.files))
  const findings = [
    ...read.flatMap(each => each.findings),
    ...upload.unread.map(({ finding }) => finding),
  ]
  if (json) {
    printJson(io, {
      schema: 'secure-endpoint/inspect@1',
      certificates: upload.certificates.map(({ certificate, file, position }) => ({
        file,
        position,
        ...described(certificate),
      })),
      keys: upload.keys.map(({ file, position, publicKeySha256, wasLocked, key }) => ({
        file,
        position,
        type: key.asymmetricKeyType,
        publicKeySha256,
        encrypted: wasLocked,
      })),
      findings,
    })
  } else {
    const now = world.clock.now()
    printOut(io, [
      ...upload.certificates.flatMap(({ certificate, file, position }) =>
        lines(certificate, `${file}, certificate ${position}`, now),
      ),
      ...upload.keys.map(
        ({ file, publicKeySha256, key }): Line => [
          span(`${file}: `, 'bold'),
          span(
            `a private key (${key.asymmetricKeyType}), public key ${shortKey(publicKeySha256)}; it is not shown`,
          ),
        ],
      ),
      ...findings.flatMap(each => findingLines(each, glyphs.state('failed'))),
    ])
  }
  return findings.some(({ severity }) => severity === 'blocks') ? exitCodes.data : exitCodes.done
}

function described(certificate: Certificate) {
  const {
    subject,
    issuer,
    serial,
    fingerprint,
    dnsNames,
    ipAddresses,
    keyType,
    signatureHash,
    isCa,
    publicKeySha256,
  } = certificate
  return {
    subject,
    issuer,
    serial,
    fingerprint,
    names: [...dnsNames, ...ipAddresses],
    keyType,
    signatureHash,
    isCa,
    publicKeySha256,
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
  }
}

function lines(certificate: Certificate, where: string, now: number): Line[] {
  const row = (label: string, text: string): Line => [
    span(`  ${label.padEnd(13)} `, 'quiet'),
    span(text),
  ]
  const { names, ...all } = described(certificate)
  const days = formatLeft(certificate.notAfter - now)
  return [
    [span(where, 'bold')],
    row('subject', all.subject || '(empty)'),
    row('issuer', all.issuer),
    row('names', names.join(', ') || 'none'),
    row(
      'valid',
      `${all.notBefore.slice(0, 10)} to ${all.notAfter.slice(0, 10)} (${days.startsWith('expired') ? days : `${days} left`})`,
    ),
    row('key', `${keyTypeText(all.keyType)}, public key ${shortKey(all.publicKeySha256)}`),
    row('kind', all.isCa ? 'a CA' : 'a leaf'),
    row('serial', all.serial),
    row('fingerprint', all.fingerprint.slice(0, 47)),
    row('', all.fingerprint.slice(48)),
  ]
}
