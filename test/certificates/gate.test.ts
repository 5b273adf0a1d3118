import { describe, expect, test } from 'vitest'
import { judge } from '../../src/certificates/gate.ts'
import type { JudgeInput } from '../../src/certificates/judgement.ts'
import type { Upload } from '../../src/certificates/upload.ts'
import {
  family,
  type Made,
  make,
  md5WithRsa,
  newKey,
  now,
  profile,
  sha1WithRsa,
  upload,
  type Wish,
} from '../support/certificates.ts'

const { root, issuing, leaf } = family()
const good = { 'fullchain.pem': leaf.pem + issuing.pem, 'key.pem': leaf.keyPem }

function look(files: Upload | Record<string, string | Buffer>, more: Partial<JudgeInput> = {}) {
  const read = 'unread' in files ? (files as Upload) : upload(files as Record<string, string>)
  return judge({ ...read, profile: profile(), now, systemRoots: [root.pem], ...more })
}

const ids = (judgement: ReturnType<typeof judge>) => judgement.findings.map(({ id }) => id)
const blocking = (judgement: ReturnType<typeof judge>) =>
  judgement.findings.filter(({ severity }) => severity === 'blocks').map(({ id }) => id)

/** A good chain with another leaf. */
function withLeaf(wish: Wish, more: Partial<JudgeInput> = {}) {
  const made = make({ issuer: issuing, ...wish })
  return look({ 'c.pem': made.pem + issuing.pem, 'k.pem': made.keyPem }, more)
}

/** The finding of an id, which must be there. */
function the(judgement: ReturnType<typeof judge>, id: string) {
  const found = judgement.findings.find(each => each.id === id)
  if (!found) throw new Error(`no ${id} among ${ids(judgement).join(', ')}`)
  return found
}

test('a good chain with its key goes in as it is', () => {
  const judgement = look(good)
  expect(judgement.verdict).toBe('ok')
  expect(judgement.findings).toEqual([])
  expect(judgement.repairs).toEqual([])
  expect(judgement.chain.map(({ commonName }) => commonName)).toEqual([
    'fraud.ml.example.com',
    'Example Issuing CA 3',
  ])
  expect(judgement.root?.fingerprint).toBe(root.certificate.fingerprint)
  expect(judgement.openKey?.().equals(leaf.key)).toBe(true)
})

describe('files', () => {
  test('cert.too-large: a file over 1 MiB, but not one of 1 MiB', () => {
    const big = look({ ...good, 'big.pem': Buffer.alloc(1024 * 1024 + 1, 'a') })
    expect(the(big, 'cert.too-large')).toMatchObject({ severity: 'warns', subject: 'big.pem' })
    const most = Buffer.alloc(1024 * 1024, '\n')
    most.write(leaf.pem + issuing.pem)
    const fine = look({ 'c.pem': most, 'k.pem': leaf.keyPem })
    expect(fine.verdict).toBe('ok')
  })

  test('cert.too-large: 101 certificates, but not 100', () => {
    const many = (count: number) => leaf.pem + issuing.pem.repeat(count - 1)
    expect(blocking(look({ 'c.pem': many(101), 'k.pem': leaf.keyPem }))).toEqual(['cert.too-large'])
    expect(look({ 'c.pem': many(100), 'k.pem': leaf.keyPem }).verdict).toBe('repaired')
  })

  test('cert.empty hides what it should have held', () => {
    const judgement = look({ ...good, 'key.pem': ' \n' })
    expect(ids(judgement)).toEqual(['cert.empty'])
    expect(the(judgement, 'cert.empty').title).toBe('key.pem is empty.')
    expect(ids(look({ 'fullchain.pem': '', 'key.pem': leaf.keyPem }))).toEqual(['cert.empty'])
    expect(ids(look({ 'fullchain.pem': 'x', 'key.pem': leaf.keyPem }))).not.toContain('cert.empty')
  })

  test('cert.unreadable blocks where it may be what is missing, else it warns', () => {
    const cut = leaf.pem.slice(0, 300)
    const needed = look({ 'c.pem': cut + issuing.pem, 'k.pem': leaf.keyPem })
    expect(the(needed, 'cert.unreadable')).toMatchObject({
      severity: 'blocks',
      evidence: 'CERTIFICATE, line 1: it is cut off before its END line',
    })
    const beside = look({ ...good, 'notes.txt': 'call ana' })
    expect(beside.verdict).toBe('ok')
    expect(the(beside, 'cert.unreadable')).toMatchObject({
      severity: 'warns',
      title: 'There is no certificate and no key in notes.txt.',
    })
  })

  test('a damaged intermediate is not called missing, too', () => {
    const broken = issuing.pem.replace(/.{64}\n/, 'A'.repeat(64).concat('\n'))
    expect(blocking(look({ 'c.pem': leaf.pem + broken, 'k.pem': leaf.keyPem }))).toEqual([
      'cert.unreadable',
    ])
  })

  test('one empty file explains one thing: the key', () => {
    const judgement = look({ 'c.pem': leaf.pem, 'k.pem': '' })
    expect(blocking(judgement)).toEqual(['cert.empty', 'cert.intermediate-missing'])
  })

  test('nothing at all', () => {
    expect(blocking(look({}))).toEqual(['cert.leaf-missing', 'cert.key-missing'])
  })
})

describe('key', () => {
  const locked = leaf.key
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' })
    .toString()
  const files = { ...good, 'key.pem': locked }

  test('cert.key-encrypted, cert.passphrase-wrong, cert.key-unlock, cert.key-unlocked', () => {
    expect(blocking(look(upload(files)))).toEqual(['cert.key-encrypted'])
    expect(blocking(look(upload(files, 'wrong')))).toEqual(['cert.passphrase-wrong'])
    const opened = upload(files, 'right')
    expect(blocking(look(opened))).toEqual(['cert.key-unlock'])
    expect(blocking(look(opened, { agreed: ['order'] }))).toEqual(['cert.key-unlock'])
    const asks = profile({ encryptedKey: 'accepted' })
    expect(look(opened, { profile: asks })).toMatchObject({ verdict: 'ok', findings: [] })
    const open = look(opened, { agreed: ['unlock'] })
    expect(open.verdict).toBe('repaired')
    expect(open.repairs).toEqual([
      {
        ...{ id: 'cert.key-unlocked', kind: 'unlock', subject: 'key EC P-256', file: 'key.pem' },
        text: 'without its passphrase, 0600',
      },
    ])
    expect(ids(open)).toEqual(['cert.key-unlocked'])
    expect(open.openKey?.().equals(leaf.key)).toBe(true)
    expect(ids(look(upload(good, 'right')))).toEqual([])
  })

  test('a locked key that nobody needs only warns', () => {
    const judgement = look({ ...good, 'other.pem': locked })
    expect(judgement.verdict).toBe('ok')
    expect(the(judgement, 'cert.key-encrypted').severity).toBe('warns')
  })

  test('cert.key-missing names a file near by that has it', () => {
    const files = { 'fullchain.pem': good['fullchain.pem'] }
    expect(blocking(look(files))).toEqual(['cert.key-missing'])
    const sha256 = leaf.certificate.publicKeySha256
    const nearby = [{ path: 'certs/key.pem', leafKeys: [], privateKeys: [sha256] }]
    expect(the(look(files, { nearby }), 'cert.key-missing').fix).toBe(
      'certs/key.pem fits: take that one.',
    )
  })

  test('cert.key-mismatch says both public keys, and what fits instead', () => {
    const other = make()
    const files = { ...good, 'key.pem': other.keyPem }
    const finding = the(look(files), 'cert.key-mismatch')
    expect(finding.evidence).toMatch(
      /^public key ([0-9A-F]{2}:){3}[0-9A-F]{2} in the certificate, ([0-9A-F]{2}:){3}[0-9A-F]{2} in key.pem$/,
    )
    expect(finding.fix).toMatch(/^Take the key file that was made when/)
    const { publicKeySha256: wanted } = leaf.certificate
    const { publicKeySha256: had } = other.certificate
    const key = [{ path: 'certs/key-2026.pem', leafKeys: [], privateKeys: [wanted] }]
    expect(the(look(files, { nearby: key }), 'cert.key-mismatch').fix).toBe(
      'certs/key-2026.pem fits: take that one.',
    )
    const chain = [{ path: 'other.pem', leafKeys: [had], privateKeys: [] }]
    expect(the(look(files, { nearby: chain }), 'cert.key-mismatch').fix).toBe(
      'other.pem fits key.pem: take that certificate.',
    )
  })

  test('the key of the CA is a mismatch, and that is said', () => {
    const judgement = look({ ...good, 'key.pem': issuing.keyPem })
    expect(blocking(judgement)).toEqual(['cert.key-mismatch'])
    expect(the(judgement, 'cert.key-mismatch').fix).toBe(
      'key.pem belongs to Example Issuing CA 3 in fullchain.pem: take the key of the leaf instead.',
    )
  })

  test('among several keys the one that fits is taken', () => {
    const judgement = look({ ...good, 'a.pem': make().keyPem, 'z.pem': newKeyPem() })
    expect(judgement.verdict).toBe('ok')
    expect(judgement.openKey?.().equals(leaf.key)).toBe(true)
  })

  test('cert.key-readable: by others or by the group, but not by the owner alone', () => {
    const mode = (bits: number) => look(upload(good, undefined, bits))
    expect(the(mode(0o644), 'cert.key-readable')).toMatchObject({
      evidence: 'mode 0644',
      fix: 'chmod 600 key.pem',
    })
    expect(ids(mode(0o640))).toEqual(['cert.key-readable'])
    expect(ids(mode(0o600))).toEqual([])
    expect(mode(0o644).verdict).toBe('ok')
  })
})

function newKeyPem() {
  return newKey().export({ type: 'pkcs8', format: 'pem' }).toString()
}

describe('which certificate is the leaf', () => {
  const other = (wish: Wish) => make({ issuer: issuing, ...wish })

  test('of two for the names the one that has its key here', () => {
    const newer = other({ from: -1, to: 89 })
    const files = { 'c.pem': newer.pem + leaf.pem + issuing.pem, 'k.pem': leaf.keyPem }
    const judgement = look(files)
    expect(ids(judgement)).toEqual(['cert.stranger'])
    expect(judgement.chain[0]?.fingerprint).toBe(leaf.certificate.fingerprint)
  })

  test('of two with one key the one that is valid now', () => {
    const next = other({ key: leaf.key, from: 20, to: 110 })
    const judgement = look({ 'c.pem': next.pem + leaf.pem + issuing.pem, 'k.pem': leaf.keyPem })
    expect(judgement.chain[0]?.fingerprint).toBe(leaf.certificate.fingerprint)
  })

  test('one for the names without its key goes before one with its key for other names', () => {
    const own = other({ names: ['other.example.com'] })
    const judgement = look({ 'c.pem': leaf.pem + own.pem + issuing.pem, 'k.pem': own.keyPem })
    expect(blocking(judgement)).toEqual(['cert.key-mismatch'])
    expect(the(judgement, 'cert.key-mismatch').fix).toMatch(/^k.pem belongs to other.example.com/)
  })

  test('where no names are wanted the key decides, and a CA is none', () => {
    const anyName = { profile: profile({ names: [] }) }
    expect(look(good, anyName).verdict).toBe('ok')
    expect(blocking(look({ ...good, 'key.pem': issuing.keyPem }, anyName))).toEqual([
      'cert.key-mismatch',
    ])
  })
})

describe('leaf', () => {
  test('cert.leaf-missing: only CA certificates, and nothing about their dates', () => {
    const old = make({ ca: true, cn: 'Old CA', from: -900, to: -300 })
    const judgement = look({ 'c.pem': old.pem, 'k.pem': leaf.keyPem })
    expect(blocking(judgement)).toEqual(['cert.leaf-missing', 'cert.key-mismatch'])
    expect(the(judgement, 'cert.leaf-missing').evidence).toBe(
      'only CA certificates: Old CA in c.pem; the key in k.pem belongs to none of them',
    )
    expect(ids(look({ 'k.pem': leaf.keyPem }))).toEqual(['cert.leaf-missing'])
  })

  test('the key of a leaf that is missing is not said to be wrong, where several CAs are there', () => {
    const files = { 'c.pem': issuing.pem + root.pem, 'k.pem': leaf.keyPem }
    expect(blocking(look(files))).toEqual(['cert.leaf-missing'])
  })

  test('a CA that is named like a server is the leaf, also beside the key of another', () => {
    const named = [
      make({ ca: true, cn: 'www.example.com' }),
      make({ ca: true, cn: 'x', names: ['www.example.com'] }),
    ]
    for (const { pem } of named) {
      for (const names of [[], ['fraud.ml.example.com']]) {
        const judgement = look(
          { 'c.pem': pem, 'k.pem': leaf.keyPem },
          { profile: profile({ names }) },
        )
        expect(blocking(judgement)).toEqual(
          expect.arrayContaining(['cert.key-mismatch', 'cert.leaf-is-ca']),
        )
        expect(ids(judgement)).not.toContain('cert.leaf-missing')
        expect(ids(look({ 'c.pem': pem }, { profile: profile({ names }) }))).toContain(
          'cert.leaf-is-ca',
        )
      }
    }
  })

  test('what cannot be read may be the leaf of the key', () => {
    const files = { 'a.pem': root.pem, 'c.pem': leaf.pem.slice(0, 200), 'k.pem': leaf.keyPem }
    expect(blocking(look(files))).toEqual(['cert.unreadable'])
  })

  test('cert.leaf-is-ca, which a profile can accept', () => {
    const made = make({ ca: true, names: ['fraud.ml.example.com'], cn: 'x', keyUsage: 'none' })
    const files = { 'c.pem': made.pem, 'k.pem': made.keyPem }
    expect(blocking(look(files))).toEqual(['cert.leaf-is-ca'])
    const accepted = look(files, { profile: profile({ caLeaf: 'accepted' }) })
    expect(accepted.verdict).toBe('ok')
    expect(the(accepted, 'cert.leaf-is-ca').severity).toBe('warns')
    const plain = make({ cn: 'x' })
    expect(ids(look({ 'c.pem': plain.pem, 'k.pem': plain.keyPem }))).not.toContain(
      'cert.leaf-is-ca',
    )
  })

  test('cert.key-type is what the profile does not name', () => {
    expect(ids(withLeaf({ key: 'p384' }))).toEqual([])
    expect(the(withLeaf({ key: 'ed25519' }), 'cert.key-type').title).toBe(
      'SkyServe cannot use a key of type Ed25519.',
    )
    expect(blocking(withLeaf({ key: 'p521' }))).toEqual(['cert.key-type'])
    expect(blocking(withLeaf({ key: 'rsapss' }))).toEqual(['cert.key-type'])
    const open = profile({ keys: ['ed25519', 'ecdsa-p521', 'rsa-pss'] })
    for (const key of ['ed25519', 'p521', 'rsapss'] as const) {
      expect(ids(withLeaf({ key }, { profile: open }))).toEqual([])
    }
  })

  test('cert.weak-key: RSA 1024, but not 2048; also above the leaf', () => {
    expect(the(withLeaf({ key: 'rsa1024' }), 'cert.weak-key').evidence).toBe(
      'fraud.ml.example.com has RSA 1024',
    )
    expect(ids(withLeaf({ key: 'rsa2048' }))).toEqual([])
    const weak = make({ ca: true, cn: 'Weak CA', issuer: root, key: 'rsa1024' })
    const below = make({ issuer: weak })
    const judgement = look({ 'c.pem': below.pem + weak.pem, 'k.pem': below.keyPem })
    expect(the(judgement, 'cert.weak-key').subject).toBe('Weak CA')
  })

  test('cert.weak-signature: SHA-1 and MD5, but not on a root', () => {
    const rsaRoot = make({ ca: true, cn: 'R', key: 'rsa2048', algorithm: sha1WithRsa })
    const below = (wish: Wish) => {
      const made = make({ issuer: rsaRoot, ...wish })
      return look({ 'c.pem': made.pem, 'k.pem': made.keyPem }, { systemRoots: [rsaRoot.pem] })
    }
    expect(the(below({ algorithm: sha1WithRsa }), 'cert.weak-signature').evidence).toBe(
      'fraud.ml.example.com is signed with SHA1',
    )
    expect(blocking(below({ algorithm: md5WithRsa }))).toEqual(['cert.weak-signature'])
    expect(ids(below({}))).toEqual([])
  })

  test('cert.name-missing: another name, and one level too deep', () => {
    const judgement = withLeaf({ names: ['fraud.example.com', 'www.fraud.example.com'] })
    expect(the(judgement, 'cert.name-missing')).toMatchObject({
      title: 'No name in it covers fraud.ml.example.com.',
      evidence: 'names: fraud.example.com, www.fraud.example.com',
      fix: 'Order one with that name, or change the domain.',
    })
    expect(the(withLeaf({ names: ['*.example.com'] }), 'cert.name-missing').evidence).toBe(
      'names: *.example.com; *.example.com covers names one level below example.com, no others',
    )
    expect(ids(withLeaf({ names: ['*.ml.example.com'] }))).toEqual([])
  })

  test('cert.name-missing: several names at once', () => {
    const names = ['fraud.ml.example.com', 'a.example.com', '10.0.0.5']
    const finding = the(withLeaf({}, { profile: profile({ names }) }), 'cert.name-missing')
    expect(finding.title).toBe('No name in it covers a.example.com, 10.0.0.5.')
  })

  test('cert.name-only-cn takes the place of cert.name-missing', () => {
    const judgement = withLeaf({ cn: 'fraud.ml.example.com', san: 'none' })
    expect(blocking(judgement)).toEqual(['cert.name-only-cn'])
    expect(the(judgement, 'cert.name-only-cn').evidence).toBe(
      'CN fraud.ml.example.com; it has no SAN',
    )
    expect(blocking(withLeaf({ cn: 'other', san: 'none' }))).toEqual(['cert.name-missing'])
  })

  test('cert.expired, cert.expires-soon', () => {
    expect(the(withLeaf({ from: -183, to: -93 }), 'cert.expired')).toMatchObject({
      title: 'The certificate expired 93 days ago.',
      evidence: 'valid from 2026-05-22 to 2026-08-20',
    })
    expect(the(withLeaf({ from: -61, to: 29 }), 'cert.expires-soon')).toMatchObject({
      severity: 'warns',
      evidence: '29 days left, valid from 2026-09-21 to 2026-12-20',
    })
    expect(ids(withLeaf({ from: -60, to: 30 }))).toEqual([])
    const last = { from: -90, to: 0 }
    expect(ids(withLeaf(last, { now: now + 999 }))).toEqual(['cert.expires-soon'])
    expect(ids(withLeaf(last, { now: now + 1000 }))).toContain('cert.expired')
  })

  test('cert.not-yet-valid', () => {
    expect(the(withLeaf({ from: 10, to: 100 }), 'cert.not-yet-valid').title).toBe(
      'The certificate is valid only from 2026-12-01 09:00 UTC on.',
    )
    expect(ids(withLeaf({ from: 0, to: 100 }))).toEqual(['cert.just-issued'])
  })

  test('cert.eku: uses are named and serverAuth is not among them', () => {
    expect(the(withLeaf({ eku: ['clientAuth'] }), 'cert.eku').evidence).toBe(
      'allowed uses: clientAuth; needed: serverAuth',
    )
    expect(blocking(withLeaf({ eku: ['any'] }))).toEqual(['cert.eku'])
    expect(ids(withLeaf({ eku: 'none' }))).toEqual([])
    const both = profile({ extendedKeyUsage: ['serverAuth', 'clientAuth'] })
    expect(blocking(withLeaf({}, { profile: both }))).toEqual(['cert.eku'])
    expect(ids(withLeaf({ eku: ['serverAuth', 'clientAuth'] }, { profile: both }))).toEqual([])
  })

  test('cert.must-staple, where the server does not staple', () => {
    expect(blocking(withLeaf({ mustStaple: true }))).toEqual(['cert.must-staple'])
    expect(ids(withLeaf({ mustStaple: true }, { profile: profile({ staples: true }) }))).toEqual([])
  })

  test('cert.lifetime-long: by the day of issue, and for public roots alone', () => {
    const publicRoots = { publicRoots: [root.pem] }
    // both ends count: 200 days and one second
    expect(the(withLeaf({ from: -3, to: 197 }, publicRoots), 'cert.lifetime-long')).toMatchObject({
      severity: 'warns',
      title: 'The certificate lives longer than the 200 days that browsers allow.',
    })
    expect(ids(withLeaf({ from: -3, to: 196 }, publicRoots))).toEqual([])
    // issued before 2026-03-15
    expect(ids(withLeaf({ from: -252, to: 145 }, publicRoots))).toEqual([])
    expect(ids(withLeaf({ from: -252, to: 147 }, publicRoots))).toEqual(['cert.lifetime-long'])
    expect(ids(withLeaf({ from: -3, to: 800 }))).toEqual([])
  })
})

describe('chain', () => {
  test('cert.intermediate-missing names the issuer and its key', () => {
    const judgement = look({ 'c.pem': leaf.pem, 'k.pem': leaf.keyPem })
    const finding = the(judgement, 'cert.intermediate-missing')
    expect(blocking(judgement)).toEqual(['cert.intermediate-missing'])
    expect(finding.title).toBe('The certificate of Example Issuing CA 3 is missing.')
    expect(finding.evidence).toContain(`key id ${issuing.certificate.subjectKeyId}`)
  })

  test('a leaf of a private root that nobody named is incomplete; named it is whole', () => {
    const files = { 'c.pem': leaf.pem + issuing.pem, 'k.pem': leaf.keyPem }
    expect(blocking(look(files, { systemRoots: [] }))).toEqual(['cert.intermediate-missing'])
    const named = look(files, { systemRoots: [], roots: [root.certificate] })
    expect(named.verdict).toBe('ok')
    expect(ids(named)).toEqual(['cert.root-private'])
    expect(named.root?.fingerprint).toBe(root.certificate.fingerprint)
  })

  test('cert.link-broken: the issuer has the right name and another key', () => {
    const impostor = make({ ca: true, cn: 'Example Issuing CA 3', issuer: root })
    const judgement = look({ 'c.pem': leaf.pem + impostor.pem, 'k.pem': leaf.keyPem })
    expect(blocking(judgement)).toEqual(['cert.link-broken'])
    expect(the(judgement, 'cert.link-broken').evidence).toContain('it was signed with key')
    const both = look({ 'c.pem': leaf.pem + impostor.pem + issuing.pem, 'k.pem': leaf.keyPem })
    expect(both.verdict).toBe('repaired')
  })

  test('cert.link-broken: no CA, one that may not sign, a signature that does not fit', () => {
    const evidence = (above: Made, wish: Wish = {}) => {
      const made = make({ issuer: above, ...wish })
      const judgement = look({ 'c.pem': made.pem + above.pem, 'k.pem': made.keyPem })
      expect(blocking(judgement)).toEqual(['cert.link-broken'])
      return the(judgement, 'cert.link-broken').evidence.replace(/^.*?: /, '')
    }
    const plain = make({ cn: 'Plain', issuer: root, names: ['plain.example.com'] })
    expect(evidence(plain)).toBe('plain.example.com is no CA')
    const mute = make({ ca: true, cn: 'Mute', issuer: root, keyUsage: ['cRLSign'] })
    expect(evidence(mute)).toBe('Mute may not sign certificates')
    const right = make({ ca: true, cn: 'Right', issuer: root })
    expect(evidence(right, { signer: newKey() })).toBe(
      'the signature does not fit the key of the CA',
    )
  })

  test('cert.link-broken: more CAs than one of them allows, but not as many', () => {
    const deep = (pathLength: number) => {
      const upper = make({ ca: true, cn: 'Upper', issuer: root, pathLength })
      const lower = make({ ca: true, cn: 'Lower', issuer: upper })
      const made = make({ issuer: lower })
      return look({ 'c.pem': made.pem + lower.pem + upper.pem, 'k.pem': made.keyPem })
    }
    expect(the(deep(0), 'cert.link-broken').evidence).toContain(
      'Upper allows 0 CAs below it, here are 1',
    )
    expect(ids(deep(1))).toEqual([])
  })

  test('cert.link-broken: a CA that may not vouch for the name, but one that may', () => {
    const under = (constrainedTo: string[]) => {
      const ca = make({ ca: true, cn: 'Narrow', issuer: root, constrainedTo })
      const made = make({ issuer: ca })
      return look({ 'c.pem': made.pem + ca.pem, 'k.pem': made.keyPem })
    }
    expect(the(under(['other.example.com']), 'cert.link-broken').evidence).toContain(
      'Narrow may not vouch for fraud.ml.example.com (name constraints)',
    )
    expect(ids(under(['example.com']))).toEqual([])
  })

  test('cert.link-expired: an intermediate, but not a root that this machine has', () => {
    const old = make({ ca: true, cn: 'Old CA', issuer: root, from: -900, to: -3 })
    const below = make({ issuer: old })
    const judgement = look({ 'c.pem': below.pem + old.pem, 'k.pem': below.keyPem })
    expect(blocking(judgement)).toEqual(['cert.link-expired'])
    expect(the(judgement, 'cert.link-expired').title).toBe('Old CA expired 3 days ago.')
    const oldRoot = make({ ca: true, cn: 'Old Root', from: -900, to: -3 })
    const leafOfOld = make({ issuer: oldRoot })
    const files = { 'c.pem': leafOfOld.pem + oldRoot.pem, 'k.pem': leafOfOld.keyPem }
    expect(blocking(look(files))).toEqual(['cert.link-expired'])
    expect(blocking(look(files, { systemRoots: [oldRoot.pem] }))).toEqual([])
  })

  test('a current way is found beside an expired one of the same name and key', () => {
    const key = newKey()
    const old = make({ ca: true, cn: 'CA', issuer: root, key, from: -900, to: -3 })
    const current = make({ ca: true, cn: 'CA', issuer: root, key })
    const below = make({ issuer: current })
    const files = { 'c.pem': below.pem + old.pem + current.pem, 'k.pem': below.keyPem }
    const judgement = look(files)
    expect(ids(judgement)).toEqual(['cert.stranger'])
    expect(judgement.chain[1]?.fingerprint).toBe(current.certificate.fingerprint)
  })

  describe('of several ways', () => {
    const key = newKey()
    const privateRoot = make({ ca: true, cn: 'Cross', key })
    const below = make({ issuer: privateRoot })

    test('one to a trusted root is taken before a shorter one to any root', () => {
      const cross = make({ ca: true, cn: 'Cross', key, issuer: root })
      const content = below.pem + privateRoot.pem + cross.pem
      const judgement = look({ 'c.pem': content, 'k.pem': below.keyPem })
      expect(ids(judgement)).toEqual(['cert.stranger'])
      expect(judgement.root?.fingerprint).toBe(root.certificate.fingerprint)
    })

    test('one that is valid now is taken before one to a trusted root that is not', () => {
      const old = make({ ca: true, cn: 'Cross', key, issuer: root, from: -900, to: -3 })
      const content = below.pem + privateRoot.pem + old.pem
      const judgement = look({ 'c.pem': content, 'k.pem': below.keyPem })
      expect(blocking(judgement)).toEqual([])
      expect(judgement.root?.fingerprint).toBe(privateRoot.certificate.fingerprint)
    })

    test('of two editions of a trusted root the one that is valid now is added', () => {
      const old = make({ ca: true, cn: 'Example Root CA', key: root.key, from: -900, to: -3 })
      const needed = profile({ root: 'needed' })
      const judgement = look(good, { profile: needed, systemRoots: [old.pem, root.pem] })
      expect(judgement.chain.at(-1)?.fingerprint).toBe(root.certificate.fingerprint)
    })
  })

  test('cross-signed CAs beyond a trusted root stay, and may be out of date', () => {
    const key = newKey()
    const ownRoot = make({ ca: true, cn: 'New Root', key })
    const oldest = make({ ca: true, cn: 'Oldest Root' })
    const cross = make({ ca: true, cn: 'New Root', key, issuer: oldest, from: -900, to: -3 })
    const middle = make({ ca: true, cn: 'Middle', issuer: ownRoot })
    const below = make({ issuer: middle })
    const files = { 'c.pem': below.pem + middle.pem + cross.pem, 'k.pem': below.keyPem }
    const judgement = look(files, { systemRoots: [ownRoot.pem] })
    expect(judgement.verdict).toBe('ok')
    expect(judgement.chain).toHaveLength(3)
    expect(the(judgement, 'cert.link-expired').severity).toBe('warns')
  })

  test('cert.root-private: a note where the machine does not know the root', () => {
    const files = { 'c.pem': leaf.pem + issuing.pem + root.pem, 'k.pem': leaf.keyPem }
    const judgement = look(files, { systemRoots: [] })
    expect(judgement.verdict).toBe('repaired')
    expect(the(judgement, 'cert.root-private')).toMatchObject({
      severity: 'notes',
      title: 'Only clients that trust Example Root CA accept it.',
    })
    expect(ids(look(files))).toEqual(['cert.root-sent'])
  })

  test('cert.root-private warns where another root was named', () => {
    const other = make({ ca: true, cn: 'Other Root' }).certificate
    const files = { 'c.pem': leaf.pem + issuing.pem + root.pem, 'k.pem': leaf.keyPem }
    const judgement = look(files, { systemRoots: [], roots: [other] })
    expect(the(judgement, 'cert.root-private').severity).toBe('warns')
  })

  test('a leaf that signed itself is its own root', () => {
    const alone = make()
    const judgement = look({ 'c.pem': alone.pem, 'k.pem': alone.keyPem })
    expect(judgement.verdict).toBe('ok')
    expect(ids(judgement)).toEqual(['cert.root-private'])
    expect(judgement.root?.fingerprint).toBe(alone.certificate.fingerprint)
    const feldera = { profile: profile({ target: 'Feldera', root: 'needed' }) }
    expect(look({ 'c.pem': alone.pem, 'k.pem': alone.keyPem }, feldera).verdict).toBe('ok')
  })

  describe('where the root is needed', () => {
    const needed = { profile: profile({ target: 'Feldera', root: 'needed' }) }

    test('it stays last', () => {
      const files = { 'c.pem': leaf.pem + issuing.pem + root.pem, 'k.pem': leaf.keyPem }
      const judgement = look(files, { ...needed, systemRoots: [] })
      expect(judgement.verdict).toBe('ok')
      expect(judgement.chain).toHaveLength(3)
    })

    test('it is added from what is trusted', () => {
      const judgement = look(good, needed)
      expect(judgement.verdict).toBe('repaired')
      expect(judgement.repairs).toMatchObject([{ id: 'cert.root-needed', kind: 'root' }])
      expect(judgement.chain.at(-1)?.fingerprint).toBe(root.certificate.fingerprint)
      expect(the(judgement, 'cert.root-needed').severity).toBe('notes')
    })

    test('cert.root-needed: only an intermediate is trusted', () => {
      const roots = [issuing.certificate]
      const judgement = look(good, { ...needed, systemRoots: [], roots })
      expect(blocking(judgement)).toEqual(['cert.root-needed'])
    })
  })
})
