import { DerError } from './der.ts'
import type { Intake } from './intake.ts'
import { cutPem, mostBlocks, type PemBlock, textOf } from './pem.ts'
import { readPkcs7 } from './pkcs7.ts'
import { openKey } from './private-key.ts'
import { readBinary, readPkcs12Into } from './read-binary.ts'
import { damaged, hiddenBy, tooLarge } from './read-findings.ts'
import { nothingUsable } from './unusable.ts'

/** Reads PEM, and DER that was written as base64 without its lines. false: the file is no such text. */
export function readText(into: Intake): boolean {
  const { source, file, upload } = into
  const cut = cutPem(source.bytes)
  if (cut.blocks.length + cut.damaged.length === 0) return readBareBase64(into)
  if (cut.tooMany) {
    into.unread(tooLarge(file, `more than ${mostBlocks} PEM blocks`))
    return true
  }
  if (cut.encoding) into.form(cut.encoding)
  for (const { label, line, reason } of cut.damaged) {
    into.unread(damaged(file, `${label}, line ${line}`, reason, hiddenBy(label)))
  }
  const others = cut.blocks.filter(block => !readBlock(block, into))
  if (!into.used()) into.unread(nothingUsable(source, file, others))
  const lines = others.reduce((sum, block) => sum + block.lines, cut.textLines)
  if (lines === 0) return true
  // what PEM is made of is ASCII, so that any other letter stands in the text around it
  const notAscii = /[\u007f-\uffff]/.test(textOf(source.bytes)) ? { notAscii: true as const } : {}
  upload.textAround.push({ file, lines, ...notAscii })
  return true
}

/** false where it is neither certificate nor key. */
function readBlock(block: PemBlock, into: Intake): boolean {
  const { kind, der } = block
  const where = `${block.label}, line ${block.line}`
  switch (kind) {
    case 'certificate':
      into.certificate(der, where)
      return true
    case 'private-key':
    case 'locked-key':
      into.key(openKey(block, into.passphrase, into.work), where)
      return true
    case 'pkcs7':
      readPkcs7Block(der, where, into)
      return true
    case 'pkcs12':
      into.form('PKCS#12')
      readPkcs12Into(der, into)
      return true
    case 'other':
      return false
    default:
      into.other(kind, der)
      return false
  }
}

function readPkcs7Block(der: Buffer, where: string, into: Intake): void {
  into.form('PKCS#7')
  try {
    const { certificates } = readPkcs7(der)
    for (const each of certificates.slice(0, mostBlocks + 1)) into.certificate(each, where)
    if (certificates.length > 0) return
    into.unread(damaged(into.file, where, 'it holds no certificate', 'certificate'))
  } catch (error) {
    if (!(error instanceof DerError)) throw error
    into.unread(damaged(into.file, where, error.message, 'certificate'))
  }
}

/** What `base64 FILE` makes, and what stands in the data of a Kubernetes Secret. */
function readBareBase64(into: Intake): boolean {
  const text = textOf(into.source.bytes).replace(/\s+/g, '')
  if (text.length < 64 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return false
  const bytes = Buffer.from(text, 'base64')
  const inner = { ...into, source: { ...into.source, bytes } }
  into.form('Base64')
  // one more layer is no mistake that people make
  if (bytes.includes('-----BEGIN ')) return readText(inner)
  if (bytes[0] === 0x30) readBinary(bytes, inner)
  return bytes[0] === 0x30
}
