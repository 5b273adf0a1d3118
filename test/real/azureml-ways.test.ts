import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { azuremlCase } from '../support/azureml-case.ts'

const controllerAt = '127.30.0.1'
const program = new URL('../support/ingress.mjs', import.meta.url).pathname

const { lab, endpoint, domain, where, ...at } = azuremlCase('aks-secret')
const { must, answers, generation, extension } = at
let controller: ChildProcess | undefined

beforeEach(() => {
  at.reset()
  lab.az('k8s-extension', 'delete', '-n', 'azureml', ...where, '--yes')
}, 300_000)

afterAll(() => {
  controller?.kill()
  at.close()
})

const enable = ['init', '--answers', 'a.yaml', '--yes']

function object(kind: string, name: string) {
  const { stdout } = lab.kubectl(['-n', 'azureml', 'get', kind, name, '-o', 'json'])
  return stdout === '' ? undefined : JSON.parse(stdout)
}

/** HTTPS answers at an address with the leaf of the current generation. */
function expectHttpsAt(host: string, port = 443): string {
  const leaf = at.leafAt(host, port)
  expect(leaf).toBe(at.currentLeaf())
  expect(at.curlAt(host, port, 'https', `${generation()}/roots.pem`).status).toBe('200')
  return leaf
}

async function start(): Promise<void> {
  const child = spawn(process.execPath, [program, 'azureml', 'lab', controllerAt], {
    env: lab.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  controller = child
  await once(child.stdout as NodeJS.EventEmitter, 'data')
}

describe('other ways to reach Azure ML', () => {
  it('ingress: TLS ends in an Ingress before a ClusterIP, from nothing to disabled', async () => {
    await start()
    const target = '  serviceType: ClusterIP\n  ingressClass: lab'
    lab.file('a.yaml', answers({ mode: 'ingress', target }))
    await must(enable)
    const first = expectHttpsAt(controllerAt)
    const { spec } = object('ingress', endpoint)
    expect(spec.rules[0].host).toBe(domain)
    expect(spec.tls[0].hosts).toEqual([domain])
    expect(object('secret', spec.tls[0].secretName).type).toBe('kubernetes.io/tls')
    expect(object('service', 'azureml-fe').spec.type).toBe('ClusterIP')
    expect(extension()?.configurationSettings.allowInsecureConnections).toBe('True')
    lab.changes()
    await must(enable)
    await must(['rotate', endpoint, '--yes'])
    expect(expectHttpsAt(controllerAt)).not.toBe(first)
    expect(lab.changes()).toEqual([])
    await must(['rotate', endpoint, '--undo', '--yes'])
    expect(expectHttpsAt(controllerAt)).toBe(first)
    await must(['disable', endpoint, '--yes'])
    expect(at.leafAt(controllerAt, 443)).toBe('')
    expect(at.curlAt(controllerAt, 80, 'http').status).toBe('200')
  })

  it('nodeport: the router ends TLS at a port of the node that the answers name', async () => {
    const node = process.env.LAB_K8S_NODE_IP ?? '10.201.0.1'
    lab.file('a.yaml', answers({ target: `  serviceType: NodePort\n  front: ${node}` }))
    await must(enable)
    const { spec } = object('service', 'azureml-fe')
    const { nodePort } = spec.ports.find((each: { name: string }) => each.name === 'https')
    expect(spec.type).toBe('NodePort')
    const first = expectHttpsAt(node, nodePort)
    await must(['rotate', endpoint, '--yes'])
    expect(expectHttpsAt(node, nodePort)).not.toBe(first)
  })

  it('internal: a load balancer of the virtual network, named in a private zone', async () => {
    const server = process.env.LAB_AZURE_DNS
    const zone = 'zone: corp.test, zoneKind: private, resourceGroup: dns-rg'
    const text = answers({
      target: '  internal: "yes"',
      dns: `{how: azure, ${zone}, server: "${server}", wait: 1m}`,
    })
    lab.file('a.yaml', text.replaceAll(domain, 'ml.corp.test'))
    const { stdout } = await must([...enable, '--json'])
    const { metadata } = object('service', 'azureml-fe')
    expect(metadata.annotations['service.beta.kubernetes.io/azure-load-balancer-internal']).toBe(
      'true',
    )
    const group = ['network', 'private-dns', 'record-set', 'a', 'show', '-g', 'dns-rg']
    const set = lab.az(...group, '-z', 'corp.test', '-n', 'ml') as {
      aRecords: { ipv4Address: string }[]
    }
    expect(set.aRecords.map(each => each.ipv4Address)).toEqual([at.host()])
    const done = stdout.split('\n').filter(line => line.includes('"type":"step.done"'))
    expect(done.some(line => line.includes('"id":"reach.proof"'))).toBe(true)
  })
})
