import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/findings.ts'
import type { Event } from '../../src/plan/events.ts'
import { seededRandom } from '../support/random.ts'
import { type RealFeldera, realFeldera, selfSigned } from '../support/real-feldera.ts'
import { ended } from '../support/sandbox.ts'

// Killed inside kubectl and helm, and what goes wrong in helm: each is said with its cause, and the
// next run converges.

const whole = process.env.SE_REAL_PART !== '1'
const namespace = `feldera-b-${process.pid.toString(36)}`
const rounds = whole ? 6 : 2
const seed = Number(process.env.SE_SEED ?? Date.now() % 1_000_000)

let lab: RealFeldera

beforeAll(async () => {
  lab = realFeldera(namespace)
  lab.file('licence', 'LICENCE\n')
  lab.file('values.yaml', 'lab:\n  pipelines: default/p1,default/p2\n')
  lab.file('new.yaml', lab.answers(selfSigned, lab.installing()))
  lab.file('a.yaml', lab.answers())
})

afterAll(() => {
  lab.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false'])
  lab.close()
})

describe('Feldera in a bad world', () => {
  it.runIf(whole)('chart: one that cannot be reached is said before anything changes', async () => {
    const away = lab.answers(selfSigned, lab.installing())
    const chart = 'oci://127.0.0.1:9/feldera-chart'
    lab.file('away.yaml', away.replace(/chart: .*/, `chart: ${chart}`))
    const found = await fails(['init', '--answers', 'away.yaml', '--yes'], 69, 'failed')
    expect(found).toMatchObject({ id: 'helm.chart', title: `The chart ${chart} cannot be read.` })
    expect(found.evidence).toContain('connection refused')
    expect(found.fix).toContain('target.chart')
    expect(lab.kubectl(['get', 'namespace', namespace]).status).toBe(1)
  })

  it.runIf(whole)(
    'values: a file that is no YAML, or that the chart refuses, leaves nothing',
    async () => {
      lab.file('values.yaml', 'lab: {pipelines: [default/p1\n')
      const broken = await fails(['init', '--answers', 'new.yaml', '--yes'], 65)
      expect(broken).toMatchObject({ id: 'helm.values' })
      expect(broken.evidence).toContain('values.yaml')
      lab.file('values.yaml', 'lab: 7\n')
      const refused = await fails(['init', '--answers', 'new.yaml', '--yes'], 65)
      expect(refused).toMatchObject({ id: 'helm.values' })
      expect(lab.secrets()).toEqual([])
      lab.file('values.yaml', 'lab:\n  image: lab/none:1\n')
    },
  )

  it("image: one that cannot be pulled ends at the limit with the pods' words, and is removed again", async () => {
    lab.file('values.yaml', 'lab:\n  image: lab/none:1\n')
    lab.file(
      'short.yaml',
      lab.answers(selfSigned, lab.installing()).replace('wait: 90s', 'wait: 20s'),
    )
    const found = await fails(['init', '--answers', 'short.yaml', '--yes'], 1)
    expect(found).toMatchObject({ id: 'helm.timed-out' })
    expect(found.evidence).toMatch(/ErrImage|ImagePull/)
    expect(found.evidence).toContain('lab/none:1')
    expect(lab.secrets()).toEqual([])
    expect(lab.helm('-n', namespace, 'list', '--all', '-q').stdout.trim()).toBe('')
  })

  it('again: with the values put right, the same command installs and proves', async () => {
    lab.file('values.yaml', 'lab:\n  pipelines: default/p1,default/p2\n')
    await lab.must(['init', '--answers', 'new.yaml', '--yes'])
    lab.expectHttps()
  })

  it('doctor: tools, permissions, release, pods and what is served, each by its id', async () => {
    const { stdout } = await lab.must(['doctor', namespace, '--json'])
    const { checks, findings } = JSON.parse(stdout) as {
      checks: { id: string; passed: boolean; seen: string }[]
      findings: Finding[]
    }
    expect(findings).toEqual([])
    expect(checks.map(({ id }) => id).slice(-7)).toEqual([
      'check.helm',
      'check.cluster',
      'check.access',
      'check.namespace',
      'check.release',
      'check.pods',
      'endpoint.served',
    ])
    const { stdout: role } = await lab.must(['doctor', namespace, '--role'])
    expect(lab.kubectl(['apply', '--dry-run=server', '-f', '-'], role).status).toBe(0)
  })

  it.runIf(whole)(
    'crash: pods that end again and again are said with their last lines, and what was there is back',
    async () => {
      const before = state()
      const found = await fails(rotateWith(crashingChart()), 1)
      expect(found).toMatchObject({ id: 'helm.timed-out' })
      expect(found.evidence).toContain('CrashLoopBackOff')
      expect(found.evidence).toContain('told to fail at start')
      expect(state()).toEqual(before)
    },
  )

  it.runIf(whole)(
    'quota: pods that are not let in are said with the quota, and what was there is back',
    async () => {
      const before = state()
      const quota = ['-n', namespace, 'create', 'quota', 'few', '--hard=count/replicasets.apps=2']
      expect(lab.kubectl(quota).status).toBe(0)
      const found = await fails(rotateWith(), 1)
      lab.kubectl(['-n', namespace, 'delete', 'quota', 'few'])
      expect(found.evidence).toContain('exceeded quota: few')
      expect(state()).toEqual(before)
    },
  )

  it('pending: a helm of somebody else that was killed is named with the command that repairs', async () => {
    const chart = `${process.env.LAB_K8S_CHARTS}/feldera-chart`
    const words = ['-n', namespace, 'upgrade', 'feldera', chart, '--reuse-values', '--wait']
    const helm = spawn('helm', [...words, '--set', 'lab.image=lab/none:1'], { stdio: 'ignore' })
    await until(() => statusOf() === 'pending-upgrade')
    helm.kill('SIGKILL')
    const doctor = await lab.cli(['doctor', namespace])
    expect(doctor.stdout).toContain('pending-upgrade')
    expect(doctor.stdout).toMatch(/lab\/none:1|ErrImage|ContainerCreating/)
    const { stdout } = await lab.must(['rotate', namespace, '--yes', '--json'], 75)
    const [found] = (JSON.parse(stdout) as { findings: Finding[] }).findings
    expect(found).toMatchObject({ id: 'helm.pending' })
    expect(found?.title).toContain('pending-upgrade')
    const command = /repair it: (.*) \(a first/.exec(found?.fix ?? '')?.[1] ?? ''
    expect(command).toContain(`--namespace ${namespace} rollback feldera`)
    const repaired = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
    expect(repaired.status, repaired.stderr).toBe(0)
    const before = leafNow()
    await lab.must(['rotate', namespace, '--yes'])
    expect(lab.expectHttps()).not.toBe(before)
  })

  it(`killed inside kubectl and helm, ${rounds} times, seed ${seed}: the same command finishes`, async () => {
    const random = seededRandom(seed)
    const from = started().length
    await lab.must(['rotate', namespace, '--yes'])
    const calls = started().length - from
    for (let round = 1; round <= rounds; round += 1) {
      const moment = {
        call: 1 + Math.floor(random() * calls),
        afterMs: Math.floor(random() * 1500),
        toolToo: random() < 0.5,
      }
      const before = lab.expectHttps()
      const tool = await killInside(moment)
      process.stderr.write(`seed ${seed}, round ${round}: ${JSON.stringify(moment)} in ${tool}\n`)
      await lab.must(['rotate', namespace, '--yes'])
      expect(lab.expectHttps(), JSON.stringify(moment)).not.toBe(before)
      expect(lab.secrets().length).toBeLessThanOrEqual(4)
      expect(statusOf()).toBe('deployed')
    }
  })
})

interface Started {
  type: string
  pid: number
  argv: string[]
  run: string
}

/** The tools that runs of ours have started, by the journal. */
function started(): Started[] {
  const path = join(lab.state, `endpoints/${namespace}/journal.ndjson`)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines
    .slice(0, -1)
    .map(line => JSON.parse(line))
    .filter(({ type }) => type === 'tool.started')
}

/** Kills a rotation a while after its n-th tool was started; its tools live on, or are killed, too. */
async function killInside({
  call,
  afterMs,
  toolToo,
}: {
  call: number
  afterMs: number
  toolToo: boolean
}) {
  const from = started().length
  const child = lab.start(['rotate', namespace, '--yes'])
  const end = ended(child)
  let isOver = false
  void end.then(() => {
    isOver = true
  })
  await until(() => isOver || started().length >= from + call, 20)
  await sleep(afterMs)
  child.kill('SIGKILL')
  await end
  const own = started().slice(from)
  if (toolToo) for (const { pid } of own) endGroup(pid)
  return own.at(-1)?.argv.slice(0, 12).join(' ')
}

/** Ends a tool that our run has started with all of its children, where it still works. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it had ended by itself
  }
}

/** Runs a command that must fail; the finding that ended it. */
async function fails(
  args: string[],
  exit: number,
  outcome: 'failed' | 'rolled-back' = 'rolled-back',
): Promise<Finding> {
  const run = await lab.must([...args, '--json'], exit)
  expect(run.stdout + run.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m)
  const events = run.stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line)) as Event[]
  const failed = events.filter(({ type }) => type === 'step.failed')
  expect(events.at(-1), JSON.stringify(failed, null, 2)).toMatchObject({ outcome })
  const [first] = events.flatMap(each => (each.type === 'step.failed' ? each.findings : []))
  if (!first) throw new Error(run.stdout)
  return first
}

function rotateWith(chart = `${process.env.LAB_K8S_CHARTS}/feldera-chart`): string[] {
  const text = lab
    .answers('{source: self-signed, authority: none}')
    .replace('wait: 90s', 'wait: 25s')
    .replace(/chart: .*/, `chart: ${chart}`)
  lab.file('other.yaml', text)
  return ['init', '--answers', 'other.yaml', '--yes']
}

/** The chart as it is, but its pods end at once. */
function crashingChart(): string {
  const to = join(lab.folder, 'crashing-chart')
  cpSync(`${process.env.LAB_K8S_CHARTS}/feldera-chart`, to, { recursive: true })
  const parts = join(to, 'templates/_parts.tpl')
  const env = '  - {name: STANDIN_FAIL, value: "true"}\n'
  writeFileSync(parts, readFileSync(parts, 'utf8').replace('env:\n', `env:\n${env}`))
  return to
}

function state() {
  return { leaf: lab.expectHttps(), values: lab.values(), secrets: lab.secrets() }
}

function leafNow(): string {
  return JSON.parse(readFileSync(join(lab.generation(), 'meta.json'), 'utf8')).leaf.fingerprint
}

function statusOf(): string {
  const { stdout } = lab.helm('-n', namespace, 'list', '--all', '-o', 'json')
  return JSON.parse(stdout || '[]')[0]?.status ?? 'absent'
}

async function until(look: () => boolean, everyMs = 300): Promise<void> {
  while (!look()) await sleep(everyMs)
}
