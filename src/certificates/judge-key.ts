import type { Finding } from '../findings.ts'
import { oneLine } from '../process/plain-text.ts'
import { quoteCommand } from '../process/quote.ts'
import { found, idOf, type JudgeInput } from './judgement.ts'
import { fits, type Picked } from './pick-leaf.ts'
import { labelOf, shortKey } from './summary.ts'
import type { FoundCertificate, FoundKey } from './upload.ts'

/** What is wrong with the key of a leaf, or with there being none. */
export function judgeKey(input: JudgeInput, { leaf, key }: Picked): Finding[] {
  if (key) return [...judgeMode(key), ...judgeLock(key, input)]
  if (!leaf) return input.keys.length === 0 ? [missing(input)] : ofNone(input)
  return [input.keys.length === 0 ? missing(input, leaf) : mismatch(input, leaf)]
}

function missing(input: JudgeInput, leaf?: FoundCertificate): Finding {
  const files = [...new Set(input.certificates.map(({ file }) => file))].join(', ')
  if (input.keyOptional && leaf) {
    return found('cert.key-missing', {
      severity: 'notes',
      title: 'No private key was named, so none was held against the certificate.',
      subject: labelOf(leaf.certificate),
      evidence: `${files}: only certificates`,
      fix: 'Name the key, too: --key FILE.',
    })
  }
  return found('cert.key-missing', {
    subject: leaf ? labelOf(leaf.certificate) : 'the key',
    evidence: files === '' ? 'nothing was found' : `${files}: only certificates`,
    fix:
      (leaf && keyNearby(input, leaf)) ??
      'Name the key file that was made together with the certificate request.',
  })
}

function mismatch(
  input: JudgeInput,
  leaf: FoundCertificate,
  otherwise = 'Take the key file that was made when this certificate was ordered, or order a certificate for this key. To see which files belong together: secure-endpoint cert inspect FOLDER',
): Finding {
  const files = input.keys.map(key => `${shortKey(key.publicKeySha256)} in ${key.file}`)
  return found('cert.key-mismatch', {
    subject: labelOf(leaf.certificate),
    evidence: `public key ${shortKey(leaf.certificate.publicKeySha256)} in the certificate, ${files.join(', ')}`,
    fix: keyNearby(input, leaf) ?? certificateOfKey(input) ?? otherwise,
    certificate: idOf(leaf.certificate),
  })
}

/**
 * Only CAs are here, and no key that fits one. A single one may be meant to serve; beside several it is
 * the leaf of this key that is missing, and that alone is said.
 */
function ofNone(input: JudgeInput): Finding[] {
  const unique = new Map(input.certificates.map(each => [each.certificate.fingerprint, each]))
  const [only, ...others] = unique.values()
  const fix =
    'Name the certificate of the server first, then check again: the key may well be its own.'
  return only && others.length === 0 ? [mismatch(input, only, fix)] : []
}

/** A file near by that holds the key of the leaf. */
function keyNearby({ nearby = [] }: JudgeInput, { certificate }: FoundCertificate) {
  const fitting = nearby.find(each => each.privateKeys.includes(certificate.publicKeySha256))
  return fitting && `${oneLine(fitting.path)} fits: take that one.`
}

/** A certificate, handed in or near by, that one of the keys belongs to. */
function certificateOfKey({ keys, certificates, nearby = [] }: JudgeInput): string | undefined {
  for (const key of keys) {
    const here = certificates.find(({ certificate }) => fits(certificate, key))
    if (here) {
      const label = labelOf(here.certificate)
      return `${key.file} belongs to ${label} in ${here.file}: take the key of the leaf instead.`
    }
    const near = nearby.find(each => each.leafKeys.includes(key.publicKeySha256))
    if (near) return `${oneLine(near.path)} fits ${key.file}: take that certificate.`
  }
  return undefined
}

function judgeMode({ mode, file }: FoundKey): Finding[] {
  if (mode === undefined || (mode & 0o044) === 0) return []
  const bits = (mode & 0o777).toString(8).padStart(4, '0')
  const fix = quoteCommand(['chmod', '600', file])
  return [found('cert.key-readable', { subject: file, evidence: `mode ${bits}`, fix })]
}

/** A passphrase opens the key; that it goes in open is a repair that somebody must agree to. */
function judgeLock({ wasLocked, file }: FoundKey, { profile, agreed = [] }: JudgeInput): Finding[] {
  if (!wasLocked || profile.encryptedKey === 'accepted' || agreed.includes('unlock')) return []
  const evidence = `${file} is locked; ${profile.target} gets the key open`
  const fix =
    'Write repair: [unlock] under certificate in the answers file, or agree in the wizard.'
  return [found('cert.key-unlock', { subject: file, evidence, fix })]
}
