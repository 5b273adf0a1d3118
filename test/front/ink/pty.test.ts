import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Pty, type PtyOptions, startPty } from '../../support/pty.ts'
import type { Scenario } from './program.ts'

const folder = mkdtempSync(join(tmpdir(), 'ink-program-'))
const program = join(folder, 'program.js')

beforeAll(() => {
  const args = ['scripts/build.mjs', 'test/front/ink/program.ts', folder]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true }))

function start(scenario: Scenario, options: PtyOptions = {}): Pty {
  return startPty(process.execPath, [program, scenario], options)
}

/** The terminal is as it was found: a cursor, no marked pastes, no progress, and its lines. */
function expectGivenBack(pty: Pty): void {
  const written = pty.written()
  expect(written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(written.lastIndexOf('\u001b[?25l'))
  expect(written.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(written.lastIndexOf('\u001b[?2004h'))
  expect(written).not.toContain('\u001b[3J')
}

describe('on a real terminal', () => {
  test('a line is typed, checked, corrected and taken', async () => {
    const pty = start('line')
    await pty.waitFor('Address: ▏')
    pty.type('example.com')
    await pty.waitFor('✖ Write https://host:port.')
    pty.type('\u0015https://example.com\n')
    await pty.waitFor('said https://example.com')
    expect(await pty.ended).toBe(0)
    expect(pty.lines()).toEqual(['secure-endpoint, a test', 'said https://example.com'])
    expectGivenBack(pty)
  })

  test('two screens follow each other, what is printed stays', async () => {
    const pty = start('two-lines')
    await pty.waitFor('Which endpoint?')
    pty.type('https://one\r')
    await pty.waitFor('And which other one?')
    expect(pty.lines().slice(0, 2)).toEqual(['secure-endpoint, a test', 'a printed line'])
    pty.type('https://two\r')
    await pty.waitFor('said https://one and https://two')
    expect(await pty.ended).toBe(0)
    expectGivenBack(pty)
  })

  test('Escape alone is Escape, an arrow is an arrow', async () => {
    const pty = start('choose')
    await pty.waitFor('❯ 1 The first')
    pty.press('down')
    await pty.waitFor('❯ 2 The second')
    pty.press('escape')
    await pty.waitFor('chose undefined')
    expect(await pty.ended).toBe(0)
  })

  test('Ctrl-C stops with 130, in a question', async () => {
    const pty = start('line')
    await pty.waitFor('Address:')
    pty.press('ctrlC')
    await pty.waitFor('stopped')
    expect(await pty.ended).toBe(130)
    expectGivenBack(pty)
  })

  test('Ctrl-C stops with 130, in a run', async () => {
    const pty = start('run')
    await pty.waitFor('r ask now')
    expect(pty.text()).toContain('✔ Ask sky for its version and server')
    pty.press('ctrlC')
    await pty.waitFor('stopped')
    expect(await pty.ended).toBe(130)
    expectGivenBack(pty)
    expect(pty.written().lastIndexOf('\u001b]9;4;0;0')).toBeGreaterThan(
      pty.written().lastIndexOf('\u001b]9;4;1;'),
    )
  })

  test('Ctrl-C twice leaves at once, and gives the terminal back', async () => {
    const pty = start('deaf')
    await pty.waitFor('Address:')
    pty.press('ctrlC')
    pty.press('ctrlC')
    expect(await pty.ended).toBe(130)
    expectGivenBack(pty)
  })

  test('a signal from outside gives the terminal back, too', async () => {
    const pty = start('run')
    await pty.waitFor('r ask now')
    pty.kill('SIGINT')
    await pty.waitFor('stopped')
    expect(await pty.ended).toBe(130)
    expectGivenBack(pty)
  })

  test('q leaves a wait', async () => {
    const pty = start('run')
    await pty.waitFor('q leave, safely')
    pty.type('q')
    await pty.waitFor('paused: leave')
    expect(await pty.ended).toBe(0)
  })

  test('draws where CI is set, too: there is a terminal', async () => {
    const pty = start('choose', { env: { CI: 'true' } })
    await pty.waitFor('❯ 1 The first')
    pty.press('enter')
    await pty.waitFor('chose a')
  })

  test('NO_COLOR changes nothing here: who calls decides', async () => {
    const pty = start('choose', { env: { NO_COLOR: '1', FORCE_COLOR: '0' } })
    await pty.waitFor('❯ 1 The first')
    expect(pty.written()).toContain('\u001b[1mThe first')
    pty.press('enter')
    expect(await pty.ended).toBe(0)
  })

  test('80 to 40 to 80 columns while a run is drawn leaves no ghost lines', async () => {
    const pty = start('run')
    await pty.waitFor('r ask now')
    const header = 'fraud-model · enable'
    for (const columns of [40, 80, 40, 80]) {
      pty.resize(columns, 24)
      const wide = columns === 80
      await pty.waitFor(() => {
        const titles = pty.all().filter(line => line.includes('Wait for the DNS record'))
        return titles.length === 1 && pty.text().includes(wide ? '? keys' : 'q leave · ?')
      })
      expect(pty.all().join('')).toContain(header)
    }
    pty.press('ctrlC')
    expect(await pty.ended).toBe(130)
  })

  test('Ctrl-Z suspends it in a shell, fg goes on where it was', async () => {
    const pty = startPty('/bin/bash', ['--norc', '--noprofile', '-i'], { env: { PS1: 'shell> ' } })
    await pty.waitFor('shell>')
    pty.type(`${process.execPath} ${program} choose\r`)
    await pty.waitFor('❯ 1 The first')
    pty.press('down')
    await pty.waitFor('❯ 2 The second')
    pty.press('ctrlZ')
    await pty.waitFor('Stopped')
    // the shell has the keyboard now
    pty.type('echo me"ntime"\r')
    await pty.waitFor('mentime')
    expect(pty.text()).not.toContain('❯ 2 The second')
    pty.type('fg\r')
    await pty.waitFor('❯ 2 The second')
    pty.press('enter')
    await pty.waitFor('chose b')
    pty.type('exit 3\r')
    expect(await pty.ended).toBe(3)
  })
})
