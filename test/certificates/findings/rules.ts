import * as der from '../../../src/certificates/der.ts'
import * as write from '../../../src/certificates/extension-writers.ts'
import { oids } from '../../../src/certificates/oids.ts'
import { dayMs, now, profile } from '../../support/certificates.ts'
import { field, withField } from '../../support/odd-certificates.ts'
import { type Cases, files, issuing, look, withCa, withLeaf } from './look.ts'

const strict = { profile: profile({ strict: true, keys: ['ecdsa-p256', 'ecdsa-p521', 'ed25519'] }) }
const unknown = (critical: boolean) => write.extension('1.2.3.4.5', der.nothing(), critical)
const validity = (...times: der.Der[]) => der.sequence(...times)
const generalized = (text: string) =>
  Buffer.concat([Buffer.from([0x18, text.length]), Buffer.from(text)])
const ecdsaSha384 = { identifier: der.sequence(der.oid('1.2.840.10045.4.3.3')), hash: 'sha384' }

/** How RFC 5280 and the CA/Browser Forum want certificates to be made. */
export const ruleCases = {
  'cert.critical-unknown': {
    hit: () => withLeaf({ more: [unknown(true)] }),
    near: () => withLeaf({ more: [unknown(false)] }),
  },
  'cert.algorithm-form': {
    hit: () => odd(field.algorithm, der.sequence(der.oid('1.2.840.10045.4.3.3'))),
    near: () => odd(field.algorithm, der.sequence(der.oid('1.2.840.10045.4.3.2'))),
  },
  'cert.ca-form': {
    hit: () => withCa({ keyUsage: 'none' }),
    near: () => withCa({ keyUsage: ['keyCertSign'] }),
  },
  'cert.leaf-form': {
    hit: () => withLeaf({ keyUsage: ['digitalSignature', 'keyCertSign'] }),
    near: () => withLeaf({ keyUsage: ['digitalSignature', 'keyAgreement'] }),
  },
  'cert.key-id': {
    hit: () => withLeaf({ without: [oids.authorityKeyId] }),
    near: () => withLeaf({ without: [oids.subjectKeyId] }),
  },
  'cert.extension-critical': {
    hit: () => withCa({ without: [oids.basicConstraints], more: [bareCa(false)] }),
    near: () => withCa({ without: [oids.basicConstraints], more: [bareCa(true)] }),
  },
  'cert.extension-form': {
    hit: () => withLeaf({ eku: [] }),
    near: () => withLeaf({ eku: 'none' }),
  },
  'cert.constraints-form': {
    hit: () => withCa({ more: [write.extension(oids.nameConstraints, der.sequence(), true)] }),
    near: () => withCa({ constrainedTo: ['example.com'] }),
  },
  'cert.name-form': {
    hit: () => withLeaf({ san: sanOf('fraud.ml.example.com', '.example.com') }),
    near: () => withLeaf({ san: sanOf('fraud.ml.example.com', '_a.example.com') }),
  },
  'cert.cn-form': {
    hit: () => withLeaf({ cn: 'Fraud' }, strict),
    near: () => withLeaf({ cn: 'FRAUD.ml.example.com' }, strict),
  },
  'cert.eku-form': {
    hit: () => withLeaf({ eku: 'none' }, strict),
    near: () => withLeaf({ eku: ['serverAuth', 'clientAuth'] }, strict),
  },
  'cert.version': {
    hit: () => withLeaf({ version1: true }, strict),
    near: () => withLeaf({}, strict),
  },
  'cert.serial-number': {
    hit: () => odd(field.serial, der.integer(Buffer.alloc(21, 1))),
    near: () => odd(field.serial, der.integer(Buffer.alloc(20, 1))),
  },
  'cert.dates-form': {
    hit: () => odd(field.validity, validity(der.time(now - dayMs), generalized('20270301000000Z'))),
    near: () =>
      odd(field.validity, validity(der.time(now - dayMs), generalized('20500301000000Z'))),
  },
  'cert.key-form': {
    hit: () => withLeaf({ key: 'ed25519' }, strict),
    near: () => withLeaf({ key: 'p521' }, strict),
  },
  'cert.signature-form': {
    hit: () => withLeaf({ algorithm: ecdsaSha384 }, strict),
    near: () => withLeaf({}, strict),
  },
} satisfies Partial<Cases>

function odd(place: number, value: der.Der): string[] {
  return look(files(withField({ issuer: issuing }, place, value)))
}

function bareCa(critical: boolean): der.Der {
  return write.extension(oids.basicConstraints, der.sequence(der.bool(true)), critical)
}

function sanOf(...names: string[]): der.Der {
  const all = names.map(name => der.contextPrimitive(2, Buffer.from(name)))
  return write.extension(oids.subjectAltName, der.sequence(...all))
}
