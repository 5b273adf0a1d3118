import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from './certificates.ts'

/** A CA of a company, played by openssl: what it signs is none of our own code. */
export interface OpensslCa {
  /** Paths. */
  root: string
  issuing: string
  /** Answers a request as it stands; gives the path of the leaf. */
  sign(request: string, name?: string, extensions?: string): string
}

export const hasOpenssl = runTool('openssl', ['version']).status === 0

/** A root and an issuing CA below it in a folder. */
export function createOpensslCa(folder: string): OpensslCa {
  const path = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => {
    const { status, said } = runTool('openssl', args)
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${said}`)
  }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const ca = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
  openssl(
    ...['req', '-x509', ...newKey, '-subj', '/O=Example/CN=Example Root', '-days', '100'],
    ...['-keyout', path('root.key'), '-out', path('root.pem')],
  )
  openssl(
    ...['req', '-new', ...newKey, '-subj', '/O=Example/CN=Example Issuing'],
    ...['-keyout', path('issuing.key'), '-out', path('issuing.csr')],
  )
  const by = (signer: string) => ['-CA', path(`${signer}.pem`), '-CAkey', path(`${signer}.key`)]
  writeFileSync(path('ca.ext'), ca)
  openssl(
    ...['x509', '-req', '-in', path('issuing.csr'), ...by('root'), '-CAcreateserial'],
    ...['-days', '90', '-extfile', path('ca.ext'), '-out', path('issuing.pem')],
  )
  return {
    root: path('root.pem'),
    issuing: path('issuing.pem'),
    sign(request, name = 'leaf', extensions) {
      const out = path(`${name}.pem`)
      if (extensions !== undefined) writeFileSync(path(`${name}.ext`), extensions)
      const wanted =
        extensions === undefined
          ? ['-copy_extensions', 'copyall']
          : ['-extfile', path(`${name}.ext`)]
      openssl(
        ...['x509', '-req', '-in', request, ...by('issuing'), '-CAcreateserial'],
        ...['-days', '30', ...wanted, '-out', out],
      )
      return out
    },
  }
}
