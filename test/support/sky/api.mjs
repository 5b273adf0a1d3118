// The double's API server: health, the services, and the requests that are under way.
import { createServer } from 'node:http'
import { stringify } from 'yaml'
import { change, endpointOf, logCall, read, statusOf } from './state.mjs'

const answers = new Map()
const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  logCall(['(api)', url.pathname])
  const { faults } = read()
  const send = (status, value, headers = {}) =>
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(value))
  if (faults.api === 'login') return send(401, { detail: 'Not authenticated' })
  if (url.pathname === '/api/health')
    return send(200, { status: 'healthy', api_version: '62', version: '0.14.1' })
  if (url.pathname === '/serve/status') {
    const id = String(answers.size + 1)
    const body = JSON.parse(await text(request))
    answers.set(id, body.service_names ?? null)
    return send(200, null, { 'x-skypilot-request-id': id })
  }
  if (url.pathname === '/api/get')
    return send(...(await status(answers.get(url.searchParams.get('request_id')))))
  if (url.pathname === '/api/status')
    return send(
      200,
      read().requests.map(({ kind, name }) => ({
        name: `sky.serve.${kind}`,
        request_body: JSON.stringify(
          kind === 'up' ? { service_name: name } : { service_names: [name] },
        ),
      })),
    )
  send(404, {})
})
server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`
  await change(state => {
    state.url = url
  })
  process.stdout.write(`${url}\n`)
})

async function status(names) {
  const { services, network = true } = read()
  if (!network) {
    const error = JSON.stringify({
      type: 'RuntimeError',
      message: 'Failed to refresh services status due to network error.',
    })
    return [500, { detail: { status: 'FAILED', error } }]
  }
  const listed = Object.entries(services).filter(([name]) => !names || names.includes(name))
  const records = await Promise.all(listed.map(recordOf))
  return [200, { status: 'SUCCEEDED', return_value: JSON.stringify(records) }]
}

/** After an update, the YAML is that of the new version; the running load balancer is not. */
async function recordOf([name, service]) {
  const { keyfile, certfile, yaml } = service.updated ?? {
    keyfile: service.key,
    certfile: service.cert,
    yaml: service.yaml,
  }
  return {
    name,
    status: statusOf(service),
    tls_encrypted: service.tls,
    endpoint: (await endpointOf(service)) ?? null,
    load_balancer_port: service.port ?? null,
    target_num_replicas: 1,
    replica_info: [{ replica_id: 1, status: statusOf(service) === 'READY' ? 'READY' : 'STARTING' }],
    yaml_content: stringify({
      name,
      service: keyfile ? { tls: { keyfile, certfile } } : {},
      _user_specified_yaml: yaml,
    }),
  }
}

async function text(request) {
  let all = ''
  for await (const chunk of request) all += chunk
  return all
}
