import type { aistoreFindings } from '../findings.ts'
import type { NodeFiles } from './read-node.ts'

/**
 * What brings nodes back, cause by cause, as nodes of 5.0 were seen to need it.
 *
 * @param pair folder of the recorded pair; empty where there is none
 */
export function fixFor(
  id: keyof typeof aistoreFindings,
  { node, http, place }: NodeFiles,
  { name, restart, pair: kept }: { name: string; restart: string; pair: string },
): string {
  const start = restart === '' ? 'start every node' : restart
  const back = `or go back to HTTP: secure-endpoint disable ${name} --offline`
  const pair = `${http?.server_crt || 'the path of server_crt'} and ${http?.server_key || 'server_key'}`
  switch (id) {
    case 'aistore.no-file':
    case 'aistore.pair-mismatch':
      if (http && kept !== '')
        return `On every node: install -m 0600 ${kept}/key.pem ${http.server_key}; install -m 0644 ${kept}/chain.pem ${http.server_crt}; then: ${start}; ${back}`
      return `Put a pair that is good at ${pair}, on every node, then: ${start}; ${back}`
    case 'aistore.not-valid':
    case 'aistore.no-name':
      return `Put a pair that is good at ${pair}, on every node, then: ${start}; ${back}`
    case 'aistore.no-client-usage':
      return `Put a certificate for serverAuth and clientAuth at ${pair}, then stop all nodes and: ${start}; ${back}`
    case 'aistore.no-ca': {
      const root = kept === '' ? 'ROOT' : `${kept}/roots.pem`
      return http?.client_ca_tls
        ? `On every node: install -m 0644 ${root} ${http.client_ca_tls}; then: ${start}; ${back}`
        : `Start the nodes with SSL_CERT_FILE=${root}, then: ais config cluster net.http.client_ca_tls=PATH; ${back}`
    }
    case 'aistore.map-gone':
    case 'aistore.other-uuid':
      return `Let it put the kept maps back: secure-endpoint disable ${name} --offline, and init again then.`
    case 'aistore.port-taken':
      return `See who has it: ss -ltnp | grep -E ':(${portsOf(node)}) '; end that, then: ${start}`
    default:
      return `Read its log where ${node.id} runs (${place ? `${place.logDir}/` : ''}aisnode.ERROR), then: ${start}; ${back}`
  }
}

function portsOf({ public: open, control, data }: NodeFiles['node']): string {
  return [...new Set([open, control, data].map(each => each.split(':').at(-1)))].join('|')
}
