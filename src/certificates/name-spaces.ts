/** A DNS name in the form that certificates hold it, without a wildcard; `_` is in use. */
export function hasDnsForm(text: string): boolean {
  return (
    text.length <= 253 &&
    text.split('.').every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
  )
}

/** Whether a host is a name or below it; every host is below the empty name. */
export function isBelowDns(host: string, base: string): boolean {
  if (base === '') return true
  // clients take a leading dot as "below", although only URIs may have one
  return base.startsWith('.') ? host.endsWith(base) : host === base || host.endsWith(`.${base}`)
}

/** Whether a mail address is the one of a constraint, at its host, or (`.base`) at a host below. */
export function mailIsIn(address: string, base: string): boolean {
  const at = address.lastIndexOf('@')
  const host = address.slice(at + 1).toLowerCase()
  const wanted = base.slice(base.lastIndexOf('@') + 1).toLowerCase()
  if (at < 1) return false
  if (base.includes('@')) {
    // signs of the local part are themselves, also asterisks
    return address.slice(0, at) === base.slice(0, base.lastIndexOf('@')) && host === wanted
  }
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted
}

/** Whether a URI's host is the one of a constraint, or (`.base`) below it; undefined without a host name. */
export function uriIsIn(uri: string, base: string): boolean | undefined {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:]+)/i.exec(uri)?.[1]?.toLowerCase()
  if (host === undefined || !hasDnsForm(host) || /^[\d.]+$/.test(host)) return undefined
  const wanted = base.toLowerCase()
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted
}
