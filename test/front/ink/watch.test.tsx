import { describe, expect, test } from 'vitest'
import type { Watch } from '../../../src/front/front.ts'
import type { EndpointStatus } from '../../../src/status/endpoint-status.ts'
import { type Size, screen } from '../../support/screen.tsx'
import { expectGoodFrames, sizes } from './expect-frames.ts'
import { now, status } from './fixtures.ts'

const wide: Size = { columns: 80, rows: 24 }
const small: Size = { columns: 40, rows: 12 }

const some = [
  status('fraud-model', 29, { alerts: ['rotation-due'] }),
  status('ais-lab', -3, { target: 'aistore', alerts: ['tls-cert-expired'] }),
  status('search-api', 38, { target: 'azureml', alerts: ['drift'], seen: 'serves 75:C0:96:D0' }),
  status('vision-2', undefined, { target: 'azureml', alerts: ['unreachable'], seen: 'refused' }),
  status('billing-eu', 1.3, { target: 'feldera', alerts: ['tls-cert-will-soon-expire'] }),
]
const many = [
  ...some,
  ...Array.from({ length: 1_199 }, (_, index) =>
    status(`model-${String(index).padStart(4, '0')}`, 80),
  ),
]

function watching(recorded: readonly EndpointStatus[], wish: Partial<Watch> = {}): Watch {
  return {
    names: recorded.map(({ name }) => name),
    recorded,
    look: () => new Promise(() => {}),
    now: () => now,
    ...wish,
  }
}

describe('8b: many endpoints', () => {
  test('1,204 at 80x24, the worst first', async () => {
    const shown = await screen(wide)
    const left = shown.front.watch(watching(many))
    await shown.waitFor('32 are looked at now')
    const lines = shown.lines()
    expect(lines).toHaveLength(23)
    expect(lines.slice(0, 8)).toEqual([
      '  1,204 endpoints   ✖ 1 expired  ▲ 3 warn  ? 1 unknown  ✔ 1,199  by days left',
      '  name         target    left                  what',
      '❯ ais-lab      aistore   ░░░░░░░░░░  -3 days   ✖ tls-cert-expired',
      '  billing-eu   feldera   ███░░░░░░░     31 h   ▲ tls-cert-will-soon-expire',
      '  fraud-model  skyserve  █████████░  29 days   ▲ rotation-due',
      '  search-api   azureml   █████████░  38 days   ▲ drift: serves 75:C0:96:D0',
      '  vision-2     azureml   ?                 ?   ? unreachable: refused',
      '  model-0000   skyserve  ██████████  80 days   ✔',
    ])
    expect(lines.slice(-2)).toEqual([
      '  1–19 of 1,204 · 32 are looked at now',
      '  / filter · s sort · Enter details · r look now · q leave · ? keys',
    ])
    shown.press('end')
    await shown.waitFor('❯ model-1198')
    expect(shown.text()).toContain('1,186–1,204 of 1,204')
    shown.press('pageUp')
    await shown.waitFor('❯ model-1179')
    shown.type('q')
    await left
    await shown.waitFor(text => text === '')
    expectGoodFrames(shown, wide)
  })

  test('at 40x12', async () => {
    const shown = await screen(small)
    void shown.front.watch(watching(many)).catch(() => {})
    await shown.waitFor('are looked at now')
    expect(shown.lines()).toEqual([
      '  1,204 · ✖ 1 ▲ 3 ? 1 ✔ 1,199',
      '❯ ais-lab       -3 days ✖ expired',
      '  billing-eu       31 h ▲ expires soon',
      '  fraud-model   29 days ▲ rotation due',
      '  search-api    38 days ▲ drift',
      '  vision-2            ? ? unreachable',
      '  model-0000    80 days ✔',
      '  model-0001    80 days ✔',
      '  model-0002    80 days ✔',
      '  1–8 of 1,204 · 32 are looked at now',
      '  / filter · s sort · q leave · ?',
    ])
    expectGoodFrames(shown, small)
  })

  test('looks at each of them, 32 at a time, and draws what was seen', async () => {
    const shown = await screen(wide)
    let under = 0
    let most = 0
    let looks = 0
    const look = async (name: string) => {
      under += 1
      looks += 1
      most = Math.max(most, under)
      await new Promise(done => setImmediate(done))
      under -= 1
      return status(name, 5, { alerts: ['rotation-due'] })
    }
    void shown.front.watch(watching(many, { look })).catch(() => {})
    await shown.waitFor('1,204 endpoints   ▲ 1,204 due')
    expect([looks, most]).toEqual([1_204, 32])
    expectGoodFrames(shown, wide)
  })

  test.each(sizes)('/ filters; the cursor keeps its endpoint', async size => {
    const shown = await screen(size)
    void shown.front.watch(watching(many)).catch(() => {})
    await shown.waitFor('❯ ais-lab')
    shown.type('/')
    await shown.waitFor('Filter:')
    shown.type('is:due')
    await shown.waitFor(text => !text.includes('search-api'))
    expect(shown.text()).toContain('❯ ais-lab')
    shown.type(' q')
    await shown.waitFor('no endpoint is like that')
    shown.press('escape')
    await shown.waitFor('search-api')
    expectGoodFrames(shown, size)
  })

  test.each(sizes)('Enter opens one, Escape goes back', async size => {
    const shown = await screen(size)
    void shown.front.watch(watching(many)).catch(() => {})
    await shown.waitFor('❯ ais-lab')
    shown.press('enter')
    await shown.waitFor('✖ ais-lab: the served leaf has')
    shown.press('escape')
    await shown.waitFor('❯ ais-lab')
    expectGoodFrames(shown, size)
  })

  test('r looks at the one that the cursor is on', async () => {
    const shown = await screen(wide)
    const asked: string[] = []
    const look = async (name: string) => {
      asked.push(name)
      return status(name, 80)
    }
    void shown.front.watch(watching(some, { look })).catch(() => {})
    await shown.waitFor('✔ 5')
    shown.type('s')
    await shown.waitFor('by name')
    shown.press('home')
    await shown.waitFor('❯ ais-lab')
    shown.type('r')
    await shown.waitFor(() => asked.length === 6)
    expect(asked.at(-1)).toBe('ais-lab')
  })

  test('a look that fails is unknown, not good', async () => {
    const shown = await screen(wide)
    const look = () => Promise.reject(new Error('no such\u001b[2J thing'))
    void shown.front.watch(watching(some, { look })).catch(() => {})
    await shown.waitFor('? 5 unknown')
    expect(shown.text()).toContain('unreachable: no such thing')
    expectGoodFrames(shown, wide)
  })

  test('without an endpoint says so', async () => {
    const shown = await screen(wide)
    const left = shown.front.watch(watching([]))
    await shown.waitFor('No endpoint is recorded on this machine.')
    shown.type('q')
    await left
  })
})

describe('8a: one endpoint', () => {
  test.each(sizes)('has its seven lines', async size => {
    const shown = await screen(size)
    const one = status('fraud-model', 87)
    const left = shown.front.watch(watching([one], { look: async () => one }))
    await shown.waitFor('looked    ')
    await shown.waitFor('just now')
    const text = shown.text()
    expect(text).toContain('✔ fraud-model is served over HTTPS')
    for (const label of ['address', 'leaf', 'rotation', 'clients', 'alerts', 'looked', 'next']) {
      expect(text).toMatch(new RegExp(`^  ${label} `, 'm'))
    }
    shown.press('escape')
    shown.press('enter')
    await shown.waitFor('leaf')
    shown.type('q')
    await left
    expectGoodFrames(shown, size)
  })
})

test('a Secret that was changed by hand is told with its endpoint', async () => {
  const seen = 'Secret prod-1a2b3c4d in namespace ns was changed by hand: it holds 75:C0'
  const shown = await screen({ columns: 100, rows: 24 })
  const changed = status('prod', 50, { alerts: ['secret-drift'], held: { state: 'changed', seen } })
  const left = shown.front.watch(watching([changed], { look: async () => changed }))
  await shown.waitFor('just now')
  expect(shown.text()).toMatch(
    /^ {2}alerts +secret-drift: Secret prod-1a2b3c4d in namespace ns was/m,
  )
  shown.type('q')
  await left
})

test('names and words from outside cannot draw', async () => {
  const hostile = '\u001b]0;owned\u0007\u001b[31mred\u202eevil\r\n\tname'
  const size = { columns: 100, rows: 24 }
  const shown = await screen(size)
  const bad = status(hostile, 5, {
    target: '\u001b[2Jtarget',
    alerts: ['drift'],
    seen: '\u009b31m\u0000serves',
    locked: 'ana\u001b[H@jump1',
  })
  void shown.front.watch(watching([bad, ...some])).catch(() => {})
  await shown.waitFor('redevil name')
  expect(shown.text()).toContain('drift: serves, locked by ana@jump1')
  expect(shown.written()).not.toMatch(/owned|\u202e|\u009b|\u0000/)
  expectGoodFrames(shown, size)
})
