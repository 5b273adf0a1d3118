import { binaryKind } from './binary.ts'
import { DerError } from './der.ts'
import type { Intake } from './intake.ts'
import { mostBlocks } from './pem.ts'
import { readPkcs7 } from './pkcs7.ts'
import { readPkcs12 } from './pkcs12.ts'
import { openKeyDer } from './private-key.ts'
import { damaged, pkcs12Finding } from './read-findings.ts'
import { nothingUsable } from './unusable.ts'
import { createWork, LockError } from './work.ts'

/** Reads a file that is no PEM: DER of any kind. What it is shows its structure. */
export function readBinary(bytes: Buffer, into: Intake): void {
  const kind = binaryKind(bytes)
  switch (kind) {
    case 'certificate':
      into.form('DER')
      into.certificate(bytes, 'DER')
      return
    case 'key':
    case 'locked-key':
      into.form('DER')
      into.key(openKeyDer(bytes, into.passphrase, into.work), 'DER')
      return
    case 'pkcs7':
      into.form('PKCS#7')
      readPkcs7Into(bytes, into)
      return
    case 'pkcs12':
      into.form('PKCS#12')
      readPkcs12Into(bytes, into)
      return
    case 'binary':
    case 'text':
      break
    default:
      into.other(kind, bytes)
  }
  into.unread(nothingUsable(into.source, into.file, []))
}

function readPkcs7Into(bytes: Buffer, into: Intake): void {
  try {
    const { certificates } = readPkcs7(bytes)
    for (const each of certificates.slice(0, mostBlocks + 1)) into.certificate(each, 'PKCS#7')
    if (certificates.length > 0) return
    into.unread(damaged(into.file, 'PKCS#7', 'it holds no certificate', 'certificate'))
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    into.unread(damaged(into.file, 'PKCS#7', error.message, 'certificate'))
  }
}

const mostUnaskedRounds = 1_000_000

export function readPkcs12Into(bytes: Buffer, into: Intake): void {
  const { passphrase, source } = into
  const asked = passphrase !== undefined
  // whether it is locked at all must not take long: a wizard looks at all files of a folder
  const work = asked ? into.work : createWork(mostUnaskedRounds, into.work)
  try {
    const content = readPkcs12(bytes, passphrase, work)
    for (const { der, name } of content.certificates) into.certificate(der, 'PKCS#12', name)
    for (const { der, name } of content.keys) {
      const reading = openKeyDer(der, undefined, work)
      const { wasLocked } = content
      into.key(reading.state === 'open' ? { ...reading, wasLocked } : reading, 'PKCS#12', name)
    }
    if (content.lockedKeys > 0) {
      into.unread(pkcs12Finding('key-locked', source, asked))
    }
    if (!into.used()) into.unread(damaged(into.file, 'PKCS#12', 'it is empty', 'either'))
  } catch (error) {
    if (error instanceof DerError) {
      into.unread(damaged(into.file, 'PKCS#12', error.message, 'either'))
    } else if (error instanceof LockError) {
      const slow = !asked && error.reason === 'too-slow'
      into.unread(pkcs12Finding(slow ? new LockError('wrong') : error, source, asked))
    } else throw error
  }
}
