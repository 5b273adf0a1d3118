import { quoteCommand } from '../process/quote.ts'
import { type SystemStore, systemStores } from './system-stores.ts'
import type { TrustFiles } from './trust-files.ts'

/** One way to make programs trust the roots of an endpoint. */
export interface TrustWay {
  id: string
  kind: 'system' | 'program'
  title: string
  /** What it does, and what it does not; a sentence. */
  text: string
  /** To type, in order. */
  commands: string[]
  /** What takes it back. */
  undo: string[]
}

/** Every way, in the order in which it is shown. Nothing is written or run. */
export function trustWays(files: TrustFiles): TrustWay[] {
  return [
    ...systemStores.map(store => ofLinux(store, files)),
    macos(files),
    windows(files),
    ...variables(files),
    curl(files),
    java(files),
    kubernetes(files),
  ]
}

function ofLinux(store: SystemStore, { singles, folder }: TrustFiles): TrustWay {
  const names = singles.map(({ name }) => `${name}.crt`)
  return {
    id: store.id,
    kind: 'system',
    title: store.title,
    text: 'What reads the store of the system: curl, git, Go, OpenSSL; Node does not.',
    commands: [
      quoteCommand(['cd', folder]),
      quoteCommand(['sudo', 'install', '-m', '644', ...names, `${store.folder}/`]),
      quoteCommand(['sudo', ...store.update]),
    ],
    undo: [
      quoteCommand(['sudo', 'rm', ...names.map(name => `${store.folder}/${name}`)]),
      quoteCommand(['sudo', ...store.updateAfterRemoval]),
    ],
  }
}

function macos({ singles }: TrustFiles): TrustWay {
  const keychain = '/Library/Keychains/System.keychain'
  const add = ['sudo', 'security', 'add-trusted-cert', '-d', '-r', 'trustRoot', '-k', keychain]
  const remove = ['sudo', 'security', 'delete-certificate', '-t', '-Z']
  return {
    id: 'macos',
    kind: 'system',
    title: 'macOS',
    text: 'Safari, Chrome, curl and Swift; on that Mac, with the .crt files beside you.',
    commands: singles.map(({ name }) => quoteCommand([...add, `${name}.crt`])),
    undo: singles.map(({ sha1 }) => quoteCommand([...remove, sha1, keychain])),
  }
}

function windows({ singles }: TrustFiles): TrustWay {
  return {
    id: 'windows',
    kind: 'system',
    title: 'Windows, as administrator',
    text: 'Edge, Chrome, PowerShell and .NET; on that machine, with the .crt files beside you.',
    commands: singles.map(({ name }) => `certutil -addstore -f Root ${name}.crt`),
    undo: singles.map(({ sha1 }) => `certutil -delstore Root ${sha1}`),
  }
}

/** Which variable replaces and which adds is what people get wrong most. */
function variables({ roots, bundle }: TrustFiles): TrustWay[] {
  const variable = (id: string, title: string, name: string, path: string, text: string) => ({
    id,
    kind: 'program' as const,
    title,
    text,
    commands: [`export ${quoteCommand([`${name}=${path}`])}`],
    undo: [`unset ${name}`],
  })
  return [
    variable(
      'openssl',
      'OpenSSL, Python ssl and httpx, Go, Ruby',
      'SSL_CERT_FILE',
      bundle,
      "It is read in place of the system's roots: so a bundle of those and ours.",
    ),
    variable(
      'requests',
      'Python requests, pip, boto3',
      'REQUESTS_CA_BUNDLE',
      bundle,
      "It is read in place of certifi's roots: so a bundle of the system's and ours.",
    ),
    variable(
      'node',
      'Node',
      'NODE_EXTRA_CA_CERTS',
      roots,
      'It adds to the roots that Node brings, and is read once, when Node starts.',
    ),
  ]
}

function curl({ roots, bundle, url }: TrustFiles): TrustWay {
  return {
    id: 'curl',
    kind: 'program',
    title: 'curl',
    text: 'One call needs the root alone; the variable is for all, so the bundle.',
    commands: [
      quoteCommand(['curl', '--cacert', roots, url ?? 'https://NAME/']),
      `export ${quoteCommand([`CURL_CA_BUNDLE=${bundle}`])}`,
    ],
    undo: ['unset CURL_CA_BUNDLE'],
  }
}

/** `changeit` is the documented default of the store that a JDK brings, not a secret. */
function java({ singles, folder }: TrustFiles): TrustWay {
  const store = (alias: string) => ['-cacerts', '-storepass', 'changeit', '-alias', alias]
  return {
    id: 'java',
    kind: 'program',
    title: 'Java',
    text: 'It adds to the store of this keytool\'s JDK; "changeit" is its password.',
    commands: [
      quoteCommand(['cd', folder]),
      ...singles.map(({ name }) =>
        quoteCommand([
          'keytool',
          '-importcert',
          '-noprompt',
          ...store(name),
          '-file',
          `${name}.crt`,
        ]),
      ),
    ],
    undo: singles.map(({ name }) => quoteCommand(['keytool', '-delete', ...store(name)])),
  }
}

function kubernetes({ folder }: TrustFiles): TrustWay {
  const on = (verb: string) => `kubectl -n NAMESPACE ${verb} -f configmap.yaml`
  return {
    id: 'kubernetes',
    kind: 'program',
    title: 'Kubernetes',
    text: 'A ConfigMap with the key roots.pem: mount it, name it in NODE_EXTRA_CA_CERTS.',
    commands: [quoteCommand(['cd', folder]), on('apply')],
    undo: [on('delete')],
  }
}
