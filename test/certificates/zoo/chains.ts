import { make, newKey } from '../../support/certificates.ts'
import { makeCrl } from '../../support/odd-certificates.ts'
import { chain, files, issuing, leaf, other, root, withCa, type Zoo } from './uploads.ts'

const key = { 'k.pem': leaf.keyPem }
const impostor = make({ ca: true, cn: 'Example Issuing CA 3', issuer: root })
const crossKey = newKey()
const ownRoot = make({ ca: true, cn: 'Cross', key: crossKey })
const cross = make({ ca: true, cn: 'Cross', key: crossKey, issuer: root })
const belowCross = make({ issuer: ownRoot })
const deep = make({ ca: true, cn: 'Deep', issuer: issuing })

/** Ways to the root: whole, broken, of other roots, and forbidden ones. */
export const chainZoo: Zoo = {
  'intermediate missing': {
    files: { 'c.pem': leaf.pem, ...key },
    flags: { intermediates: 'k.pem' },
    ...{ verdict: 'blocked', ids: ['cert.intermediate-missing'], kubectl: 'accepts' },
  },
  'intermediate in a file beside': {
    files: { 'c.pem': leaf.pem, ...key, 'beside.pem': issuing.pem },
    ...{ verdict: 'repaired', ids: ['cert.chain-completed'], repairs: ['intermediate'] },
  },
  'intermediate in a folder that is named': {
    files: { 'c.pem': leaf.pem, ...key, 'more/ca.pem': issuing.pem },
    flags: { intermediates: 'more' },
    ...{ verdict: 'ok', ids: [] },
  },
  'an impostor of the intermediate': {
    files: { 'c.pem': leaf.pem + impostor.pem, ...key },
    ...{ verdict: 'blocked', ids: ['cert.link-broken'] },
  },
  'the impostor and the right one': {
    files: { 'c.pem': leaf.pem + impostor.pem + issuing.pem, ...key },
    ...{ verdict: 'repaired', ids: ['cert.stranger'], repairs: ['stranger'] },
  },
  'another root than the named one': {
    files: { 'c.pem': chain + root.pem, ...key, 'r.txt': other.pem },
    flags: { roots: 'r.txt' },
    ...{ verdict: 'blocked', ids: ['cert.root-untrusted'] },
  },
  'a private root that nobody named': {
    files: { 'c.pem': chain + root.pem, ...key },
    flags: { roots: undefined as never },
    ...{ verdict: 'repaired', ids: ['cert.root-private', 'cert.root-sent'], repairs: ['root'] },
  },
  'a private root that is not there': {
    files: { 'c.pem': chain, ...key },
    flags: { roots: undefined as never },
    ...{ verdict: 'ok', ids: ['cert.root-private'] },
  },
  'an expired intermediate': {
    files: withCa({ from: -900, to: -3 }),
    ...{ verdict: 'blocked', ids: ['cert.link-expired'] },
  },
  'a cross-signed CA beside its own root': {
    files: files(belowCross, [ownRoot, cross]),
    ...{ verdict: 'repaired', ids: ['cert.stranger'], repairs: ['stranger'] },
  },
  'a CA below one that allows none': {
    files: files(make({ issuer: deep }), [deep, issuing]),
    ...{ verdict: 'blocked', ids: ['cert.link-broken'] },
  },
  'a CA that is none': {
    files: withCa({ ca: false, names: ['ca.example.com'] }),
    ...{ verdict: 'blocked', ids: ['cert.link-broken'] },
  },
  'a CA that may not sign': {
    files: withCa({ keyUsage: ['cRLSign'] }),
    ...{ verdict: 'blocked', ids: ['cert.link-broken'] },
  },
  'a CA for other names': {
    files: withCa({ constrainedTo: ['other.example.com'] }),
    ...{ verdict: 'blocked', ids: ['cert.link-broken'] },
  },
  'a CA for these names': {
    ...{ files: withCa({ constrainedTo: ['ml.example.com'] }), verdict: 'ok', ids: [] },
  },
  'a CA for mail': {
    files: withCa({ eku: ['emailProtection'] }),
    ...{ verdict: 'blocked', ids: ['cert.eku'] },
  },
  'a CA with a short key': {
    files: withCa({ key: 'rsa1024' }),
    ...{ verdict: 'blocked', ids: ['cert.weak-key'] },
    openssl:
      'openssl verify looks at lengths only with -auth_level 2, servers and clients at 112 bits.',
  },
  'a CA without keyUsage': {
    ...{ files: withCa({ keyUsage: 'none' }), verdict: 'ok', ids: ['cert.ca-form'] },
  },
  'a CA without keyUsage, strictly': {
    files: withCa({ keyUsage: 'none' }),
    flags: { profile: 'webpki' },
    ...{ verdict: 'blocked', ids: ['cert.ca-form'] },
    openssl: 'RFC 5280, 4.2.1.3; openssl demands it with -x509_strict alone.',
  },
  'deeper than allowed': {
    files: { 'c.pem': chain, ...key },
    flags: { maxDepth: '0' },
    ...{ verdict: 'blocked', ids: ['cert.too-deep'] },
    openssl: 'It was not told of the limit.',
  },
  revoked: {
    files: {
      ...{ 'c.pem': chain, ...key },
      'crl.txt': makeCrl({ issuer: issuing, serials: [leaf.certificate.serial] }).pem,
    },
    flags: { crls: 'crl.txt' },
    ...{ verdict: 'blocked', ids: ['cert.revoked'] },
    openssl: 'It was not given the list.',
  },
  'a list that revokes others': {
    files: {
      ...{ 'c.pem': chain, ...key },
      'crl.der': makeCrl({ issuer: issuing, serials: ['4242'] }).der,
    },
    flags: { crls: 'crl.der' },
    ...{ verdict: 'ok', ids: [] },
  },
  'a list of last year': {
    files: {
      ...{ 'c.pem': chain, ...key },
      'crl.txt': makeCrl({ issuer: issuing, from: -400, to: -370 }).pem,
    },
    flags: { crls: 'crl.txt' },
    ...{ verdict: 'blocked', ids: ['cert.crl-unusable'] },
    openssl: 'It was not given the list.',
  },
  'only CAs': {
    files: { 'c.pem': issuing.pem + root.pem, ...key },
    ...{ verdict: 'blocked', ids: ['cert.leaf-missing'] },
  },
}
