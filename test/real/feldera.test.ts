import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RealFeldera, realFeldera, selfSigned } from '../support/real-feldera.ts'
import { ended } from '../support/sandbox.ts'

const whole = process.env.SE_REAL_PART !== '1'
const namespace = `feldera-${process.pid.toString(36)}`
const licence = 'LICENCE-OF-THE-REAL-TEST'

let lab: RealFeldera

beforeAll(() => {
  lab = realFeldera(namespace)
  lab.file('licence', `${licence}\n`)
  lab.file('values.yaml', 'lab:\n  pipelines: default/p1,default/p2\n')
  lab.file('a.yaml', lab.answers(selfSigned, lab.installing()))
})

afterAll(() => {
  lab.kubectl([
    'delete',
    'validatingadmissionpolicybinding,validatingadmissionpolicy',
    namespace,
    '--ignore-not-found',
  ])
  lab.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false'])
  lab.close()
})

describe('Feldera on a real cluster', () => {
  it('refuse: the leaf that the popular openssl line makes is refused before any tool is called', async () => {
    lab.popularLeaf('bad')
    lab.file(
      'bad.yaml',
      lab.answers('{source: uploaded, chain: ./bad.pem, key: ./bad.key}', lab.installing()),
    )
    await lab.must(['init', '--answers', 'bad.yaml', '--yes'], 65)
    expect(lab.calls()).toEqual([])
  })

  it('enable nothing: from no namespace to proven HTTPS, in one go', async () => {
    await lab.must(['init', '--answers', 'a.yaml', '--yes'])
    lab.expectHttps()
    expect(lab.values()).toMatchObject({ felderaVersion: '0.337.0', felderaLicenseKey: licence })
    expect(lab.calls().join('\n')).not.toContain(licence)
  })

  it('again: the same command changes nothing', async () => {
    const before = lab.calls().length
    const pods = Object.keys(lab.pods(namespace))
    lab.file('b.yaml', lab.answers())
    await lab.must(['init', '--answers', 'a.yaml', '--yes'])
    const changing = lab
      .calls()
      .slice(before)
      .filter(call => / (apply|upgrade|rollback|restart) /.test(call))
    expect(changing).toEqual([])
    expect(Object.keys(lab.pods(namespace))).toEqual(pods)
  })

  it('rotate: another leaf is served and proven by all, the pipelines run again', async () => {
    const before = lab.expectHttps()
    await lab.must(['rotate', namespace, '--yes'])
    expect(lab.expectHttps()).not.toBe(before)
    expect(lab.values()).toMatchObject({ felderaVersion: '0.337.0', felderaLicenseKey: licence })
  })

  it('undo: the certificate before comes back', async () => {
    const before = lab.expectHttps()
    await lab.must(['rotate', namespace, '--undo', '--yes'])
    expect(lab.expectHttps()).not.toBe(before)
  })

  it('drift: a Secret changed by hand is seen, named and repaired', async () => {
    const leaf = lab.expectHttps()
    const secret = `secret/${lab.values().httpsSecretRef}`
    const { stdout } = lab.kubectl(['-n', namespace, 'get', secret, '-o', 'json'])
    lab.privateCa('other')
    const other = spawnSync('cat', ['other.pem', 'ca.pem'], { cwd: lab.folder }).stdout
    const data = {
      'tls.crt': other.toString('base64'),
      'tls.key': readFileSync(join(lab.folder, 'other.key')).toString('base64'),
    }
    lab.kubectl(
      ['-n', namespace, 'apply', '--server-side', '--force-conflicts', '-f', '-'],
      JSON.stringify({
        ...JSON.parse(stdout),
        metadata: { name: String(lab.values().httpsSecretRef), namespace },
        data,
      }),
    )
    // nothing serves it yet, and yet it is told
    for (const command of [
      ['status', namespace, '--once'],
      ['verify', namespace],
    ]) {
      const told = await lab.must(command, 1)
      expect(told.stdout).toMatch(/was\s+changed\s+by\s+hand:\s+it\s+holds/)
    }
    expect(lab.expectHttps()).toBe(leaf)
    lab.kubectl(['-n', namespace, 'rollout', 'restart', 'deploy/feldera-api-server'])
    lab.kubectl([
      '-n',
      namespace,
      'rollout',
      'status',
      'deploy/feldera-api-server',
      '--timeout=90s',
    ])
    await until(() => Object.values(lab.served()).some(each => each !== leaf))
    const run = await lab.must(['init', '--answers', 'a.yaml', '--yes'])
    expect(run.stdout).toContain('was changed by hand')
    expect(lab.expectHttps()).toBe(leaf)
  })

  it('rollback: a rollout that an admission policy stops is taken back and proven', async () => {
    const before = { leaf: lab.expectHttps(), values: lab.values(), secrets: lab.secrets() }
    lab.deny(String(before.values.httpsSecretRef))
    lab.file('short.yaml', lab.answers(selfSigned).replace('wait: 90s', 'wait: 25s'))
    const run = await lab.must(['rotate', namespace, '--yes'], 1)
    lab.allow()
    expect(run.stdout + run.stderr).toContain('only the Secret of before')
    expect(run.stderr).toContain('what was there before is back and proven')
    expect({ leaf: lab.expectHttps(), values: lab.values(), secrets: lab.secrets() }).toEqual(
      before,
    )
  })

  it('killed: while helm waits, with helm killed too: the same command finishes', async () => {
    const before = lab.expectHttps()
    const child = lab.start(['rotate', namespace, '--yes'])
    const end = ended(child)
    const seen = lab.calls().length
    await until(() =>
      lab
        .calls()
        .slice(seen)
        .some(call => call.includes(' upgrade ')),
    )
    await sleep(1500) // helm is in the middle of its work then
    child.kill('SIGKILL')
    const { stdout } = spawnSync('pgrep', ['-f', `helm .*--namespace ${namespace} upgrade`], {
      encoding: 'utf8',
    })
    for (const pid of stdout.trim().split('\n').filter(Boolean))
      process.kill(Number(pid), 'SIGKILL')
    await end
    await lab.must(['rotate', namespace, '--yes'])
    expect(lab.expectHttps()).not.toBe(before)
  })

  it.runIf(whole)('two people: the second one is told who is at it, and since when', async () => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'secure-endpoint-feldera', namespace },
      spec: {
        holderIdentity: 'bo@laptop (process 9)',
        leaseDurationSeconds: 60,
        acquireTime: micro(),
        renewTime: micro(),
      },
    }
    expect(lab.kubectl(['create', '-f', '-'], JSON.stringify(lease)).status).toBe(0)
    const run = await lab.must(['rotate', namespace, '--yes'], 75)
    expect(run.stderr + run.stdout).toContain('is locked by bo@laptop (process 9)')
    lab.kubectl(['-n', namespace, 'delete', 'lease', 'secure-endpoint-feldera'])
  })

  it.runIf(whole)(
    'forbidden: a user who may only read gets the Role to ask for, before anything changes',
    async () => {
      const readonly = String(process.env.LAB_K8S_KUBECONFIG_READONLY)
      const context = spawnSync(
        'kubectl',
        ['--kubeconfig', readonly, 'config', 'current-context'],
        { encoding: 'utf8' },
      ).stdout.trim()
      const text = lab
        .answers(selfSigned, `  kubeconfig: ${readonly}\n`)
        .replace(`context: ${lab.context}`, `context: ${context}`)
      lab.file(
        'ro.yaml',
        text
          .replace(`endpoint: ${namespace}`, 'endpoint: readonly')
          .replace('kind: feldera', 'kind: feldera\n  onConflict: adopt'),
      )
      const run = await lab.must(['init', '--answers', 'ro.yaml', '--yes'], 77)
      expect(run.stdout + run.stderr).toMatch(/permissions are missing/)
      const role = readFileSync(join(lab.state, 'endpoints/readonly/role.yaml'), 'utf8')
      expect(role).toContain('resources: [leases]')
      expect(lab.kubectl(['apply', '--dry-run=server', '-f', '-'], role).status).toBe(0)
      await lab.must(['forget', 'readonly', '--yes'])
    },
  )

  it('uploaded: a leaf of a private CA goes in with its root, and is proven inside', async () => {
    const before = lab.expectHttps()
    lab.privateCa('mine')
    lab.file(
      'mine.yaml',
      lab.answers('{source: uploaded, chain: ./mine.pem, key: ./mine.key, roots: ./ca.pem}'),
    )
    await lab.must(['rotate', namespace, '--answers', 'mine.yaml', '--yes'])
    expect(lab.expectHttps()).not.toBe(before)
    const chain = readFileSync(join(lab.generation(), 'chain.pem'), 'utf8')
    expect(chain.trimEnd().endsWith(readFileSync(join(lab.folder, 'ca.pem'), 'utf8').trim())).toBe(
      true,
    )
  })

  it('self-signed alone: a leaf without a CA serves, too', async () => {
    lab.file('alone.yaml', lab.answers('{source: self-signed, authority: none}'))
    await lab.must(['rotate', namespace, '--answers', 'alone.yaml', '--yes'])
    lab.expectHttps()
    expect(lab.secrets().length).toBeLessThanOrEqual(3)
  })

  it('disable: HTTP answers on every pod and TLS does not', async () => {
    await lab.must(['disable', namespace, '--yes'])
    for (const [pod, leaf] of Object.entries(lab.served())) expect(leaf, pod).toBe('')
    expect(lab.values()).not.toHaveProperty('httpsSecretRef', expect.any(String))
    expect(lab.values()).toMatchObject({ felderaLicenseKey: licence })
    expect(lab.api('/healthz')).toMatchObject({ status: '200' })
    expect(lab.pipelineStates()).toEqual({ p1: 'Running', p2: 'Running' })
  })

  it.runIf(whole)(
    'adopt: a chain that lacks its root is adopted, and what that means is said',
    async () => {
      await lab.must(['forget', namespace, '--yes'])
      lab.privateCa('theirs')
      const files = [
        '--cert',
        join(lab.folder, 'theirs.pem'),
        '--key',
        join(lab.folder, 'theirs.key'),
      ]
      lab.kubectl(['-n', namespace, 'create', 'secret', 'tls', 'theirs', ...files])
      const chart = `${process.env.LAB_K8S_CHARTS}/feldera-chart`
      const change = ['--reuse-values', '--set', 'httpsSecretRef=theirs', '--wait']
      const upgraded = lab.helm('-n', namespace, 'upgrade', 'feldera', chart, ...change)
      expect(upgraded.status, upgraded.stderr).toBe(0)
      // the components trust the leaf alone, so none of them trusts another
      const more = '  onConflict: adopt\n  stop: force\n'
      lab.file('adopt.yaml', lab.answers(selfSigned, more))
      const run = await lab.must(['init', '--answers', 'adopt.yaml', '--yes'])
      expect(run.stdout).toContain(
        'warns: feldera.no-root: The chain that was found does not end with',
      )
      lab.expectHttps()
      const found = join(lab.state, `endpoints/${namespace}/generations/0`)
      expect(readdirSync(found)).toEqual(expect.arrayContaining(['chain.pem', 'key.pem']))
      await lab.must(['disable', namespace, '--yes'])
      lab.kubectl(['-n', namespace, 'delete', 'secret', 'theirs'])
    },
  )

  it.runIf(whole)(
    'adopt and back: after a rotation, undo twice serves the Secret again that was adopted',
    async () => {
      await lab.must(['forget', namespace, '--yes'])
      lab.privateCa('whole')
      const chain = ['whole.pem', 'ca.pem'].map(each =>
        readFileSync(join(lab.folder, each), 'utf8'),
      )
      const files = [
        '--cert',
        lab.file('whole-chain.pem', chain.join('')),
        '--key',
        join(lab.folder, 'whole.key'),
      ]
      lab.kubectl(['-n', namespace, 'create', 'secret', 'tls', 'theirs', ...files])
      const data = () =>
        JSON.parse(lab.kubectl(['-n', namespace, 'get', 'secret', 'theirs', '-o', 'json']).stdout)
          .data
      const adopted = data()
      const chart = `${process.env.LAB_K8S_CHARTS}/feldera-chart`
      const change = ['--reuse-values', '--set', 'httpsSecretRef=theirs', '--wait']
      const upgraded = lab.helm('-n', namespace, 'upgrade', 'feldera', chart, ...change)
      expect(upgraded.status, upgraded.stderr).toBe(0)
      // the pipelines speak HTTP still: no component of now reaches them for a checkpoint
      lab.file('back.yaml', lab.answers(selfSigned, '  onConflict: adopt\n  stop: force\n'))
      await lab.must(['init', '--answers', 'back.yaml', '--yes'])
      await lab.must(['rotate', namespace, '--yes'])
      await lab.must(['rotate', namespace, '--undo', '--yes'])
      lab.expectHttps()
      await lab.must(['rotate', namespace, '--undo', '--yes'])
      const theirs = new X509Certificate(readFileSync(join(lab.folder, 'whole.pem')))
      expect(lab.expectHttps()).toBe(theirs.fingerprint256)
      expect(lab.values()).toMatchObject({ httpsSecretRef: 'theirs' })
      expect(data()).toEqual(adopted)
      await lab.must(['disable', namespace, '--yes'])
      lab.kubectl(['-n', namespace, 'delete', 'secret', 'theirs'])
    },
  )

  it('enable http: a release that runs on HTTP, unknown here, goes to proven HTTPS; a stopped pipeline stays stopped', async () => {
    lab.api('/v0/pipelines/p2/stop?force=true', '-X', 'POST')
    await until(() => lab.pipelineStates().p2 === 'Stopped')
    await lab.must(['forget', namespace, '--yes'])
    lab.file('c.yaml', lab.answers())
    await lab.must(['init', '--answers', 'c.yaml', '--yes'])
    lab.expectHttps(['p1'])
    expect(lab.pipelineStates()).toEqual({ p1: 'Running', p2: 'Stopped' })
    const found = join(lab.state, `endpoints/${namespace}/generations/0`)
    expect(readdirSync(found)).toEqual(['meta.json'])
  })

  it.runIf(whole)(
    'script: the plan as a script, without node on PATH, reaches the same state',
    async () => {
      // older ones are kept by a run that was there before, not by a script
      const current = `secret/${lab.values().httpsSecretRef}`
      const older = lab.secrets().filter(each => each !== current)
      if (older.length > 0) lab.kubectl(['-n', namespace, 'delete', ...older])
      const wantedObjects = { objects: lab.objects(), values: lab.values() }
      for (const file of ['chain.pem', 'key.pem', 'roots.pem'])
        copyFileSync(join(lab.generation(), file), join(lab.folder, file))
      await lab.must(['disable', namespace, '--yes'])
      await lab.must(['forget', namespace, '--yes'])
      lab.kubectl(['-n', namespace, 'delete', ...lab.secrets()])
      const { stdout } = await lab.must(['plan', '--answers', 'c.yaml', '--format', 'sh'])
      const script = lab.file('plan.sh', stdout)
      const work = join(lab.folder, 'work')
      const bare = join(lab.folder, 'usr-bin')
      spawnSync('bash', [
        '-c',
        `mkdir '${bare}' && for f in /usr/bin/* ; do b=$(basename "$f"); case $b in node|nodejs|npm|npx) ;; *) ln -s "$f" '${bare}/' ;; esac; done`,
      ])
      const path = lab.env.PATH?.split(':').filter(folder => !existsSync(join(folder, 'node')))
      const env = [
        '-i',
        `PATH=${[...(path ?? []), bare].join(':')}`,
        `HOME=${lab.folder}`,
        `KUBECONFIG=${process.env.KUBECONFIG}`,
        `WORK=${work}`,
        'YES=1',
        `CERT=${join(lab.folder, 'chain.pem')}`,
        `KEY=${join(lab.folder, 'key.pem')}`,
        `ROOTS=${join(lab.folder, 'roots.pem')}`,
      ]
      expect(spawnSync('env', [...env, 'bash', '-c', 'command -v node']).status).toBe(1)
      const run = spawnSync('env', [...env, 'bash', script], {
        encoding: 'utf8',
        cwd: lab.folder,
        timeout: 400_000,
      })
      expect(run.status, `${run.stdout}\n${run.stderr}`).toBe(0)
      const wanted = new X509Certificate(readFileSync(join(lab.folder, 'chain.pem'))).fingerprint256
      for (const [pod, leaf] of Object.entries(lab.served())) expect(leaf, pod).toBe(wanted)
      expect(Object.keys(lab.served()).some(pod => pod.startsWith('pipeline-'))).toBe(true)
      expect({ objects: lab.objects(), values: lab.values() }).toEqual(wantedObjects)
    },
  )
})

async function until(look: () => boolean): Promise<void> {
  while (!look()) await sleep(500)
}

function micro(): string {
  return new Date().toISOString().replace('Z', '000Z')
}
