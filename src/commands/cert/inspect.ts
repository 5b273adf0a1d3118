import type { Certificate } from '../../certificates/certificate.ts'
import { describeOther } from '../../certificates/describe-other.ts'
import { fits } from '../../certificates/pick-leaf.ts'
import type { Upload } from '../../certificates/upload.ts'
import { usage } from '../../errors.ts'
import { type ExitCode, exitCodes } from '../../exit-codes.ts'
import { inspectLines, kindOf } from '../../front/words/inspect.ts'
import { span } from '../../front/words/line.ts'
import { findingLines } from '../../front/words/problem.ts'
import { wrapText } from '../../front/words/wrap.ts'
import { type Io, printJson, printOut, widthOf } from '../io.ts'
import { type Named, readNamed } from './read-named.ts'

/** Says what some files hold, whatever they are called. Nothing is judged, no key is shown. */
export async function inspect(
  files: string[],
  { json, passphraseFile }: { json?: boolean; passphraseFile?: string },
  io: Io,
): Promise<ExitCode> {
  if (files.length === 0)
    throw usage('No file is named.', 'Type: secure-endpoint cert inspect FILE…')
  const named = await readNamed(files, passphraseFile, io)
  const known = new Set(named.upload.others.map(({ file }) => file))
  // what it is was said; that it is no certificate is no fault where nobody asked for one
  const findings = named.findings.map(each =>
    each.id === 'cert.unreadable' && known.has(each.subject)
      ? { ...each, severity: 'notes' as const }
      : each,
  )
  if (json) printJson(io, documentOf({ ...named, findings }))
  else print({ ...named, findings }, io)
  return findings.some(({ severity }) => severity === 'blocks') ? exitCodes.data : exitCodes.done
}

function print({ upload, folders, findings }: Named, io: Io): void {
  const width = widthOf(io)
  printOut(io, [
    ...folders.flatMap(({ path, layout }) => [
      [span(path, 'bold'), span(`  a folder of ${layout.tool}`)],
      ...wrapText(layout.text, width, 2, 'quiet'),
      [],
    ]),
    ...inspectLines(upload, io.world.clock.now(), width),
    // what is named above has its next command there
    ...findings
      .filter(({ severity }) => severity === 'blocks')
      .flatMap(each => findingLines(each, io.glyphs.state('failed'))),
  ])
}

function documentOf({ upload, folders, findings }: Named) {
  return {
    schema: 'secure-endpoint/inspect@1',
    folders: folders.map(({ path, layout }) => ({ path, tool: layout.tool })),
    files: upload.forms,
    certificates: upload.certificates.map(({ certificate, file, position, name }) => ({
      ...{ file, position },
      ...(name ? { name } : {}),
      ...described(certificate),
    })),
    keys: upload.keys.map(found => ({
      ...{ file: found.file, position: found.position },
      ...(found.name ? { name: found.name } : {}),
      type: found.open().asymmetricKeyType,
      publicKeySha256: found.publicKeySha256,
      encrypted: found.wasLocked,
      fits: fingerprintsFor(upload, found),
    })),
    others: upload.others.map(({ file, ...thing }) => ({
      file,
      ...describeOther({ file, ...thing }),
    })),
    findings,
  }
}

function fingerprintsFor({ certificates }: Upload, found: Upload['keys'][number]): string[] {
  const fitting = certificates.filter(({ certificate }) => fits(certificate, found))
  return [...new Set(fitting.map(({ certificate }) => certificate.fingerprint))]
}

function described(certificate: Certificate) {
  const { subject, issuer, serial, fingerprint, dnsNames, ipAddresses, keyType } = certificate
  const { signatureHash, isCa, publicKeySha256, extendedKeyUsage, notBefore, notAfter } =
    certificate
  return {
    ...{ kind: kindOf(certificate).kind, subject, issuer, serial, fingerprint },
    names: [...dnsNames, ...ipAddresses],
    ...{ keyType, signatureHash, isCa, publicKeySha256 },
    ...(extendedKeyUsage ? { uses: extendedKeyUsage } : {}),
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
  }
}
