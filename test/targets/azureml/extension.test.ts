import { describe, expect, it } from 'vitest'
import { ends, failureOf } from '../../../src/azure/failures.ts'
import {
  type Change,
  changeArguments,
  stringWriter,
} from '../../../src/targets/azureml/commands.ts'
import {
  leftBehind,
  lostSettings,
  ownerSettings,
  parseExtension,
} from '../../../src/targets/azureml/extension.ts'
import { readHealth } from '../../../src/targets/azureml/health.ts'
import { isAsWanted } from '../../../src/targets/azureml/ops-look.ts'
import { azWords, extensionJson, secretSettings } from '../../support/azure.ts'

const where = {
  subscription: '00000000-0000-4000-8000-000000000001',
  resourceGroup: 'rg1',
  cluster: 'aks1',
  clusterType: 'aks',
  extension: 'azureml',
} as const

const words = (change: Omit<Change, 'where'>) =>
  changeArguments({ ...change, where }, stringWriter).join(' ')

describe('what the extension says of itself', () => {
  it('tells HTTP, a Secret and stored files apart', () => {
    const http = parseExtension(extensionJson({ allowInsecureConnections: 'True' }))
    expect(http).toMatchObject({ mode: 'http', state: 'Succeeded', relayReady: true })
    const secret = parseExtension(extensionJson(secretSettings('ml-a954')))
    expect(secret).toMatchObject({ mode: 'secret', secret: 'ml-a954', cname: 'ml.lab.test' })
    const secrets = ['scoringFe.sslCert', 'scoringFe.sslKey', 'sslCertPemFile', 'sslKeyPemFile']
    const pem = parseExtension(extensionJson({ sslCname: 'ml.lab.test' }, { secrets }))
    expect(pem.mode).toBe('pem')
    const off = parseExtension(
      extensionJson({ allowInsecureConnections: 'true', sslCname: 'x' }, { secrets }),
    )
    expect(off.mode).toBe('http')
    expect(leftBehind(off)).toEqual(['sslCname'])
    expect(parseExtension(extensionJson({ sslCname: '', sslSecret: null })).mode).toBe('none')
  })

  it('knows which protected settings are lost, and what a second create needs', () => {
    const secrets = ['scoringFe.sslCert', 'relayserver.relayConnectionString', 'amlWorkspaceKey']
    expect(lostSettings({ protectedKeys: secrets })).toEqual(['amlWorkspaceKey'])
    const made = parseExtension(
      extensionJson({
        ...secretSettings('s'),
        enableTraining: 'True',
        clusterId: '/subscriptions/x',
        'nginxIngress.enabled': 'true',
      }),
    )
    expect(ownerSettings(made)).toEqual({
      enableInference: 'True',
      enableTraining: 'True',
      inferenceRouterServiceType: 'LoadBalancer',
      inferenceRouterHA: 'false',
      'relayserver.enabled': 'false',
      'servicebus.enabled': 'false',
      'nginxIngress.enabled': 'true',
    })
  })

  it('is as wanted only when Azure is done with it', () => {
    const wanted = { mode: 'secret', secret: 's', cname: 'ml.lab.test' } as const
    const stored = (state: string) => parseExtension(extensionJson(secretSettings('s'), { state }))
    expect(isAsWanted(stored('Succeeded'), wanted)).toBe(true)
    expect(isAsWanted(stored('Updating'), wanted)).toBe(false)
    expect(isAsWanted(stored('Failed'), wanted)).toBe(false)
    expect(isAsWanted(stored('Succeeded'), { ...wanted, cname: 'other.lab.test' })).toBe(false)
    expect(isAsWanted(undefined, { mode: 'absent' })).toBe(true)
  })
})

describe('the words of az', () => {
  it.each([
    ['login', 'login', 77],
    ['401', 'login', 77],
    ['403', 'forbidden', 77],
    ['409', 'in-progress', 75],
    ['429', 'throttled', 75],
    ['500', 'server', 75],
    ['drop', 'lost', 75],
    ['healthcheck', 'operation', 1],
    ['no-extension', 'no-extension', 69],
    ['no-cluster', 'not-found', 65],
    ['no-subscription', 'no-subscription', 65],
    ['portal', 'relay', 65],
  ] as const)('%s: %s, exit %i', (words, failure, exit) => {
    expect(failureOf(azWords[words as keyof typeof azWords])).toBe(failure)
    expect(ends[failure].exit).toBe(exit)
  })
})

describe('a command for the extension', () => {
  it('an update names neither type nor scope, and never asks back', () => {
    const update = words({ verb: 'update', config: { sslSecret: 's', sslCname: 'ml.lab.test' } })
    expect(update).toBe(
      `k8s-extension update -n azureml -g rg1 -c aks1 -t managedClusters --subscription ${where.subscription} --yes --config sslSecret=s sslCname=ml.lab.test`,
    )
    const create = words({ verb: 'create', config: { enableInference: 'True' } })
    expect(create).toContain('--extension-type Microsoft.AzureML.Kubernetes --scope cluster')
    expect(create).not.toContain('--yes')
  })

  it('sends both files of the pair as protected settings, by their bare names', () => {
    const update = words({
      verb: 'update',
      config: { sslCname: 'ml.lab.test' },
      pairIn: '/home/ana/1',
    })
    expect(update).toContain('--config-protected sslCertPemFile=chain.pem sslKeyPemFile=key.pem')
    expect(update).not.toContain('/home/ana')
    expect(update).not.toMatch(/--config [^-]*Pem/)
  })

  it('gives other protected settings in a file alone', () => {
    const update = words({ verb: 'update', pairIn: '/1', protectedFile: 'protected.json' })
    expect(update).toContain('--config-protected-settings-file protected.json')
    expect(update).not.toContain('--config-protected ')
  })
})

describe('the health check', () => {
  it('is read for its error codes, and explained', () => {
    const message =
      "The SSL key or certificate isn't valid. (Hostname x does NOT match certificate)"
    const text = `Status: Failed Name: ssl-setting-check ErrorCode: E40007 ErrorMessage: ${message}\n`
    const found = readHealth({ 'reports-pre-upgrade': `Status: Succeeded Name: a\n${text}${text}` })
    expect(found).toEqual([
      { code: 'E40007', said: message, means: expect.stringContaining('sslCname') },
    ])
    expect(
      readHealth({ 'reports-pre-install': 'Status: Succeeded Name: ssl-setting-check\n' }),
    ).toEqual([])
    const strange = readHealth({
      'reports-x': '\u001b[31mStatus: Failed Name: y ErrorCode: E49999 ErrorMessage: z',
    })
    expect(strange).toMatchObject([{ code: 'E49999', said: 'z' }])
  })
})
