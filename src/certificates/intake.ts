import type { Finding } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import { readCertificate } from './certificate.ts'
import type { KeyReading } from './private-key.ts'
import { damaged, keyFinding } from './read-findings.ts'
import type { FileForm, OtherThing, Unread, Upload, UploadedFile } from './upload.ts'
import { createWork, mostRounds, type Work } from './work.ts'

/** Where the content of one file goes. */
export interface Intake {
  source: UploadedFile
  /** The file's path as one safe line. */
  file: string
  passphrase: string | Buffer | undefined
  work: Work
  upload: Upload
  /** @param where the block or form that it stands in: `CERTIFICATE, line 3` */
  certificate(der: Buffer, where: string, name?: string): void
  key(reading: KeyReading, where: string, name?: string): void
  other(kind: OtherThing['kind'], der: Buffer): void
  form(form: FileForm['form']): void
  unread(what: { finding: Finding; hides: Unread['hides'] }): void
  /** Whether anything came of the file so far, be it only a finding. */
  used(): boolean
}

/**
 * @param whole what all files together may cost
 * @param readDer reads one certificate
 */
export function createIntake(
  source: UploadedFile,
  passphrase: string | Buffer | undefined,
  upload: Upload,
  whole: Work,
  readDer = readCertificate,
): Intake {
  const file = oneLine(source.path)
  const aside = source.aside ? ({ aside: true } as const) : {}
  const count = () => upload.certificates.length + upload.keys.length + upload.unread.length
  const before = count()
  let certificates = 0
  let keys = 0
  const unread: Intake['unread'] = what => upload.unread.push({ ...what, ...aside })
  return {
    ...{ source, file, passphrase, upload, unread },
    work: createWork(mostRounds, whole),
    certificate(der, where, name) {
      certificates += 1
      const reading = readDer(der)
      if (!reading.ok) return unread(damaged(file, where, reading.reason, 'certificate'))
      const { certificate } = reading
      const place = { file, position: certificates, ...(name ? { name } : {}), ...aside }
      upload.certificates.push({ certificate, ...place })
    },
    key(reading, where, name) {
      keys += 1
      if (reading.state !== 'open') return unread(keyFinding(reading, source, where))
      const { state: _state, ...key } = reading
      const mode = source.mode === undefined ? {} : { mode: source.mode }
      const place = { file, position: keys, ...(name ? { name } : {}), ...aside }
      upload.keys.push({ ...key, ...place, ...mode })
    },
    other: (kind, der) => upload.others.push({ file, kind, der }),
    form(form) {
      if (!upload.forms.some(each => each.file === file && each.form === form)) {
        upload.forms.push({ file, form })
      }
    },
    used: () => count() > before,
  }
}
