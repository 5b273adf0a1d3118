import type { Client } from './rule.ts'

/**
 * Clients as findings name them, and where it is written what they refuse: OpenSSL's crypto/x509
 * (check_extensions in x509_vfy.c), Go's crypto/x509 (verify.go), rustls-webpki (verify_cert.rs),
 * BoringSSL's pki (verify_certificate_chain.cc); docs.python.org, ssl.create_default_context.
 */
const names: Readonly<Record<Client, string>> = {
  'strict-python': 'Python 3.13 and newer (VERIFY_X509_STRICT)',
  openssl: 'OpenSSL (curl, Python)',
  go: 'Go',
  rustls: 'rustls',
  chrome: 'Chrome (BoringSSL)',
}

/** Who accepts and who refuses something, in one sentence. */
export function whoAccepts(refusedBy: readonly Client[]): string {
  if (refusedBy.length === 0) return 'OpenSSL, Go, rustls and Chrome accept it all the same.'
  const strict = refusedBy.includes('openssl') ? ['strict-python' as const] : []
  const refusing = [...new Set([...refusedBy, ...strict])]
  const accepting = (Object.keys(names) as Client[]).filter(each => !refusing.includes(each))
  const short = accepting.map(each => (each === 'openssl' ? 'OpenSSL otherwise' : names[each]))
  const said = refusing.filter(each => each !== 'strict-python' || !refusing.includes('openssl'))
  const refuse = `${listed(said.map(each => names[each]))} ${said.length === 1 ? 'refuses' : 'refuse'} it`
  if (short.length === 0) return `${refuse}.`
  return `${refuse}; ${listed(short)} ${short.length === 1 ? 'accepts' : 'accept'} it.`
}

function listed(all: readonly string[]): string {
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}
