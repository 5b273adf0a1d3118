import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answers, inSandbox } from '../support/sandbox.ts'

interface Doctor {
  exit: number
  checks: { id: string; passed: boolean; seen: string }[]
  findings: { id: string; severity: string; title: string; fix: string }[]
}

const felderaAnswers = `version: 1
endpoint: prod
domain: feldera-api-server.feldera.svc.cluster.local
certificate: {source: self-signed, authority: local}
target:
  kind: feldera
  context: lab
  namespace: feldera
  release: feldera
`

const azuremlAnswers = `version: 1
endpoint: ml
domain: ml.example.com
certificate: {source: self-signed, authority: local}
target:
  kind: azureml
  subscription: 00000000-0000-4000-8000-000000000001
  resourceGroup: rg1
  cluster: edge
  clusterType: arc
  context: edge
  mode: ingress
`

describe('doctor', () => {
  it('says which tools are not there, and fails for none that nothing here needs', async () => {
    await inSandbox(async box => {
      const PATH = join(box.folder, 'empty')
      mkdirSync(PATH)
      const run = await box.cli(['doctor', '--json'], { env: { PATH } })
      const said = JSON.parse(run.stdout) as Doctor
      expect([run.exit, said.exit]).toEqual([0, 0])
      const helm = said.findings.find(({ id }) => id === 'tool.helm.missing')
      expect(helm).toMatchObject({
        severity: 'notes',
        title: 'helm is not installed (needed for Feldera on Kubernetes).',
      })
      const text = await box.cli(['doctor'], { env: { PATH } })
      expect([text.exit, text.stderr]).toEqual([0, expect.stringContaining('all is well')])
    })
  })

  it('fails for a tool that the named target needs', async () => {
    await inSandbox(async box => {
      const PATH = join(box.folder, 'empty')
      mkdirSync(PATH)
      const run = await box.cli(['doctor', '--target', 'feldera', '--json'], { env: { PATH } })
      const { exit, findings } = JSON.parse(run.stdout) as Doctor
      expect([run.exit, exit]).toEqual([69, 69])
      expect(findings.find(({ id }) => id === 'tool.helm.missing')?.severity).toBe('blocks')
    })
  })

  it('fails for a tool that an endpoint on record needs', async () => {
    await inSandbox(async box => {
      box.file('a.yaml', answers(box))
      expect((await box.cli(['init', '--answers', 'a.yaml', '--yes'])).exit).toBe(0)
      expect((await box.cli(['doctor'])).exit).toBe(0)
      const PATH = join(box.folder, 'empty')
      mkdirSync(PATH)
      const run = await box.cli(['doctor', '--json'], { env: { PATH } })
      const { findings } = JSON.parse(run.stdout) as Doctor
      expect(run.exit).toBe(69)
      expect(findings.find(({ id }) => id === 'tool.sky.missing')?.severity).toBe('blocks')
      expect(findings.find(({ id }) => id === 'tool.helm.missing')?.severity).toBe('notes')
    })
  })

  it('of an endpoint looks at what is served, too', async () => {
    await inSandbox(async box => {
      box.file('a.yaml', answers(box))
      const { stderr, exit } = await box.cli(['init', '--answers', 'a.yaml', '--yes'])
      expect(exit, stderr).toBe(0)
      const run = await box.cli(['doctor', 'svc-a', '--json'])
      const { checks } = JSON.parse(run.stdout) as Doctor
      expect(run.exit, run.stdout).toBe(0)
      expect(checks.at(-1)).toMatchObject({ id: 'endpoint.served', passed: true })
    })
  })

  it('prints the Role that a run needs, whole, and asks no cluster for it', async () => {
    await inSandbox(async box => {
      box.file('f.yaml', felderaAnswers)
      const run = await box.cli(['doctor', '--answers', 'f.yaml', '--role'])
      expect([run.exit, run.stderr]).toEqual([0, ''])
      expect(run.stdout).toContain(
        'kind: Role\nmetadata:\n  name: secure-endpoint\n  namespace: feldera',
      )
      expect(run.stdout).toContain('resources: [leases]')
      box.file('m.yaml', azuremlAnswers)
      const two = await box.cli(['doctor', '--answers', 'm.yaml', '--role'])
      expect([two.exit, two.stderr]).toEqual([0, ''])
      expect(two.stdout.match(/namespace: .*/g)).toEqual([
        'namespace: azureml',
        'namespace: azure-arc',
      ])
      expect(two.stdout).toContain('resources: [ingresses]')
      expect(two.stdout).not.toContain('ClusterRole')
      const none = await box.cli(['doctor', '--role'])
      expect([none.exit, none.stdout]).toEqual([2, ''])
      expect(none.stderr).toContain('--role needs an endpoint of a Kubernetes target')
    })
  })
})
