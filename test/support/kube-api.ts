import type { IncomingMessage, ServerResponse } from 'node:http'
import { family } from './certificates.ts'
import { serveTls } from './servers.ts'

type AtEnd = (close: () => void) => void
type Objects = Readonly<Record<string, readonly { metadata: { name: string } }[]>>

const resources = (names: Record<string, string>, namespaced = true) =>
  Object.entries(names).map(([name, kind]) => ({
    ...{ name, kind, namespaced, singularName: kind.toLowerCase() },
    verbs: ['get', 'list', 'watch'],
  }))
const core = { pods: 'Pod', services: 'Service', secrets: 'Secret' }
const apps = { deployments: 'Deployment', statefulsets: 'StatefulSet' }

/** What clients ask before they ask for anything: which kinds there are. */
const discovery: Record<string, unknown> = {
  '/version': { major: '1', minor: '34', gitVersion: 'v1.34.1' },
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [{ name: 'apps', versions: [{ groupVersion: 'apps/v1', version: 'v1' }] }],
  },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [...resources(core), ...resources({ namespaces: 'Namespace' }, false)],
  },
  '/apis/apps/v1': {
    kind: 'APIResourceList',
    groupVersion: 'apps/v1',
    resources: resources(apps),
  },
}

/**
 * An API server with one namespace, `feldera`, for a real kubectl: it knows the token `good`, lists what
 * `objects` has of each resource, and answers a watch with nothing more.
 */
export async function serveKubeApi(atEnd: AtEnd, objects: Objects) {
  const { leaf, issuing, root } = family({ at: Date.now(), names: ['localhost'] })
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const send = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.headers.authorization !== 'Bearer good') {
      const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' }
      return send(401, { ...status, message: 'Unauthorized', reason: 'Unauthorized', code: 401 })
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost')
    const known = discovery[pathname]
    if (known) return send(200, known)
    const [, resource = '', name] = /\/namespaces\/feldera\/(\w+)(?:\/(.+))?$/.exec(pathname) ?? []
    const kind = { ...core, ...apps }[resource as 'pods']
    const apiVersion = resource in apps ? 'apps/v1' : 'v1'
    if (searchParams.has('watch'))
      return void response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    const items = (objects[resource] ?? []).map(each => ({ apiVersion, kind, ...each }))
    if (kind && name === undefined)
      return send(200, { apiVersion, kind: `${kind}List`, metadata: {}, items })
    const found = items.find(({ metadata }) => metadata.name === name)
    if (found) return send(200, found)
    const message = `${resource} "${name}" not found`
    return send(404, { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404, message })
  }
  const cert = leaf.pem + issuing.pem
  const { port } = await serveTls(atEnd, { cert, key: leaf.keyPem, onRequest: answer })
  return { server: `https://localhost:${port}`, root: root.pem }
}
