import { existsSync, readFileSync } from 'node:fs'
import type { World } from '../world.ts'

/** Where systems keep the certificates that they trust, as Go's crypto/x509 lists them. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/**
 * The roots that this machine trusts, as PEM blocks: `SSL_CERT_FILE` when set (curl, Go and Python
 * honour it too), else the system's bundle, else the ones that Node brings.
 */
export function systemRoots(env: World['env']): string[] {
  const path = env.SSL_CERT_FILE || bundles.find(existsSync)
  return path ? pemCertificates(readFileSync(path, 'utf8')) : [...publicRoots()]
}

/** The roots that Node brings: Mozilla's. Loaded late, for node:tls is a third of a short command's start. */
export function publicRoots(): readonly string[] {
  return process.getBuiltinModule('node:tls').rootCertificates
}

export function pemCertificates(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
}

/** The same without white space: two texts of one certificate are equal then. */
export function barePems(text: string): string[] {
  return pemCertificates(text).map(pem => pem.replace(/\s/g, ''))
}
