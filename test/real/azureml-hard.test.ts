import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { azuremlCase } from '../support/azureml-case.ts'
import { startLoad } from '../support/load.ts'
import { descendants, killAll } from '../support/process-tree.ts'
import { seededRandom } from '../support/random.ts'
import { ended } from '../support/sandbox.ts'

const whole = process.env.SE_REAL_PART !== '1'
const { lab, kind, mode, domain, endpoint, where, ...at } = azuremlCase()
const { answers, extension, host, servedLeaf, generation, expectHttps, must } = at

beforeAll(async () => {
  at.reset()
  lab.file('a.yaml', answers())
  await must(['init', '--answers', 'a.yaml', '--yes'])
}, 300_000)

afterAll(() => at.close())

const rotate = ['rotate', endpoint, '--yes']

/** For who reads a long run: figures and seeds. */
function tell(words: string): void {
  process.stderr.write(`${words}\n`)
}

/** Three replicas of the router, or one. */
function setReplicas(three: 'True' | 'False'): void {
  const config = `inferenceRouterHA=${three}`
  lab.az('k8s-extension', 'update', '-n', 'azureml', ...where, '--yes', '--config', config)
}

/** What the product said at the end that clients have lost. */
function lossIn(stdout: string): string {
  return (
    /(all \d+ new connections were|\d+ of \d+ new connections got no) answer.*/.exec(stdout)?.[0] ??
    ''
  )
}

function clients() {
  const roots = join(generation(), 'roots.pem')
  return startLoad({ host: host(), port: 443, name: domain, roots, rate: 60 })
}

/** A rotation while clients come and stay; `meanwhile` happens once az is under way. */
async function underLoad(meanwhile?: () => void) {
  const load = clients()
  const rotating = rotated(meanwhile)
  await rotating.catch(() => {}) // the clients go whatever became of it
  const seen = await load.end()
  return { run: await rotating, seen }
}

async function rotated(meanwhile?: () => void) {
  const updates = () => lab.toolsOf(endpoint).filter(({ argv }) => argv[2] === 'update').length
  const before = updates()
  const child = lab.start(rotate)
  const end = ended(child)
  while (meanwhile && updates() === before && child.exitCode === null)
    await new Promise(r => setTimeout(r, 100))
  meanwhile?.()
  const run = await end
  expect(run.exit, run.stdout + run.stderr).toBe(0)
  return run
}

describe(`Azure ML on ${kind}, ${mode}, when it is hard`, () => {
  it('zero loss: three replicas are rotated under 50 new connections a second', async ({
    skip,
  }) => {
    setReplicas('True')
    const before = expectHttps()
    const calm = clients()
    await new Promise(r => setTimeout(r, 3_000))
    const { lost } = await calm.end()
    skip(lost.length > 0, `this machine is too slow for it: ${lost[0]}, with nothing changed`)
    const { run, seen } = await underLoad()
    tell(`zero loss: ${JSON.stringify({ ...seen, lost: seen.lost.length })}`)
    expect(seen.lost).toEqual([])
    expect(seen.connections / seen.seconds).toBeGreaterThanOrEqual(50)
    // one in 200 ms where nothing is slow: it went on all the time
    expect(seen.requests).toBeGreaterThan(seen.seconds * 2)
    expect(lossIn(run.stdout)).toMatch(/^all \d+ /)
    expect(expectHttps()).not.toBe(before)
  })

  it('loss: what one replica loses is said beforehand, counted and said at the end', async () => {
    setReplicas('False')
    const plan = await must(['rotate', endpoint, '--plan'])
    expect(plan.stdout).toContain('Endpoints answer nothing for up to 2 min')
    const kill = 'delete pods --all --force --grace-period=0 --wait=false'.split(' ')
    const { run, seen } = await underLoad(() => lab.kubectl(['-n', 'azureml', ...kill]))
    tell(`loss: ${seen.lost.length} of ${seen.connections}; ${lossIn(run.stdout)}`)
    expect(seen.lost.length).toBeGreaterThan(0)
    expect(run.stdout + run.stderr).toContain('Clients got no answer for')
    expect(lossIn(run.stdout)).toMatch(/^[1-9]\d* of \d+ /)
  })

  it('faults: each ends as it should, and the next run converges', async () => {
    const before = expectHttps()
    for (const [name, exit] of [
      ['401', 77],
      ['403', 77],
      ['429', 75],
      ['500', 75],
    ] as const) {
      lab.ctl('fault', name, '--method', 'PATCH', '--times', '-1')
      await must(rotate, exit)
      lab.ctl('faults', 'clear')
      expect(servedLeaf()).toBe(before)
    }
    lab.ctl('fault', '409', '--method', 'PATCH')
    await must(rotate)
    const after = expectHttps()
    expect(after).not.toBe(before)
    lab.changes()
    lab.ctl('fault', 'drop-after', '--method', 'PATCH')
    await must(rotate)
    expect(expectHttps()).not.toBe(after)
    expect(lab.changes().filter(each => each.startsWith('PATCH'))).toHaveLength(1)
  })

  it('faults: Helm that waits in vain is taken back, with its words, and proven', async () => {
    const before = expectHttps()
    lab.ctl('fault', 'helm-timeout', '--method', 'PATCH')
    const run = await must(rotate, 1)
    expect(run.stdout + run.stderr).toContain('timed out waiting for the condition')
    expect(extension()?.provisioningState).toBe('Succeeded')
    expect(expectHttps()).toBe(before)
    await must(rotate)
    expect(expectHttps()).not.toBe(before)
  })

  it.runIf(whole)(
    'killed: at random moments, the tools alive or killed too, the next run converges',
    async () => {
      const seed = Number(process.env.SE_SEED ?? randomInt(2 ** 31))
      const random = seededRandom(seed)
      tell(`killed: SE_SEED=${seed}`)
      const began = performance.now()
      await must(rotate)
      const wholeMs = performance.now() - began
      for (let round = 1; round <= 8; round += 1) {
        const before = expectHttps()
        const child = lab.start(rotate)
        const end = ended(child)
        const afterMs = Math.round(random() * wholeMs)
        const withTools = random() < 0.5
        await Promise.race([end, new Promise(r => setTimeout(r, afterMs))])
        const tools = descendants(child.pid ?? 0)
        child.kill('SIGKILL')
        if (withTools) killAll(tools)
        await end
        const last = lab.toolsOf(endpoint).at(-1)?.argv.slice(0, 4).join(' ')
        tell(
          `round ${round}: killed after ${afterMs} ms${withTools ? ' with its tools' : ''}, last: ${last}`,
        )
        await must(rotate)
        expect(expectHttps()).not.toBe(before)
        expect(extension()?.provisioningState).toBe('Succeeded')
      }
    },
  )

  it.runIf(whole)(
    'stuck: an operation that does not end is waited for, and nothing is sent beside it',
    async () => {
      const before = expectHttps()
      lab.ctl('fault', 'stuck', '--method', 'PATCH')
      const first = lab.start(rotate)
      const firstEnd = ended(first)
      while (extension()?.provisioningState !== 'Updating')
        await new Promise(r => setTimeout(r, 500))
      first.kill('SIGINT')
      expect((await firstEnd).exit).toBe(130)
      expect(servedLeaf()).toBe(before)
      lab.changes()
      const next = lab.start(rotate)
      const nextEnd = ended(next)
      let said = ''
      next.stdout?.on('data', data => {
        said += data
      })
      while (!said.includes('Updating') && next.exitCode === null)
        await new Promise(r => setTimeout(r, 200))
      expect(said).toContain('Updating')
      next.kill('SIGINT')
      expect((await nextEnd).exit).toBe(130)
      expect(lab.changes()).toEqual([])
      expect(servedLeaf()).toBe(before)
    },
  )
})
