/** A folder that a known tool has made, by the names in it. */
export interface FolderLayout {
  tool: 'certbot' | 'lego' | 'acme.sh' | 'cert-manager' | 'mkcert'
  /** What lies where, in sentences. */
  text: string
  /** Folders in it that hold the files, as far as they are not in it itself. */
  below: 'each' | readonly string[]
}

const certbot =
  'fullchain.pem is the certificate with its chain, privkey.pem its key. Both are links to what certbot renewed last.'

/**
 * Says which tool a folder is of.
 *
 * @param names of the files and folders in it
 * @param namesIn of a folder in it
 */
export async function layoutOf(
  names: readonly string[],
  namesIn: (folder: string) => Promise<readonly string[]>,
): Promise<FolderLayout | undefined> {
  const has = (...wanted: string[]) => wanted.every(name => names.includes(name))
  if (has('fullchain.pem', 'privkey.pem')) return { tool: 'certbot', text: certbot, below: [] }
  if (has('live', 'archive')) {
    const text = 'The folder of certbot: live/NAME holds the certificate of each name.'
    return { tool: 'certbot', text, below: ['live'] }
  }
  if (has('fullchain.cer', 'ca.cer')) {
    const text =
      'fullchain.cer is the certificate with its chain, NAME.key its key. acme.sh renews them in place.'
    return { tool: 'acme.sh', text, below: [] }
  }
  if (has('tls.crt', 'tls.key')) {
    const text =
      'A Secret as Kubernetes mounts it, often made by cert-manager: tls.crt is the certificate with its chain, tls.key its key, ca.crt the root.'
    return { tool: 'cert-manager', text, below: [] }
  }
  if (
    names.some(
      name =>
        names.includes(name.replace(/\.issuer\.crt$/, '.json')) && /\.issuer\.crt$/.test(name),
    )
  ) {
    const text =
      'NAME.crt is the certificate with its chain, NAME.key its key, NAME.issuer.crt the intermediate alone.'
    return { tool: 'lego', text, below: [] }
  }
  if (has('accounts', 'certificates')) {
    const text = 'The folder of lego: certificates/ holds NAME.crt and NAME.key.'
    return { tool: 'lego', text, below: ['certificates'] }
  }
  if (
    has('rootCA.pem') ||
    names.some(name => name.endsWith('-key.pem') && has(name.replace('-key.pem', '.pem')))
  ) {
    const text = has('rootCA.pem')
      ? 'rootCA.pem is the root of mkcert, for --roots. rootCA-key.pem can make certificates for any name: never hand it on.'
      : 'NAME.pem is the certificate, NAME-key.pem its key; the root is where mkcert -CAROOT says.'
    return { tool: 'mkcert', text, below: [] }
  }
  const [first] = names.filter(name => !name.includes('README'))
  const inFirst = first === undefined ? [] : await namesIn(first)
  const inside = (...wanted: string[]) => wanted.every(name => inFirst.includes(name))
  if (inside('fullchain.pem', 'privkey.pem')) {
    const text = `A folder of certbot with a folder for each name. In each, ${certbot}`
    return { tool: 'certbot', text, below: 'each' }
  }
  if (inside('fullchain.cer', 'ca.cer')) {
    const text = 'The folder of acme.sh, with a folder for each name.'
    return { tool: 'acme.sh', text, below: 'each' }
  }
  return undefined
}
