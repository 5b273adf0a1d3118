import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startHttpService } from './http-service.ts'
import { answers, createSandbox, type Ended, type Sandbox } from './sandbox.ts'

interface Line {
  type: string
  id?: string
  exit?: number
  outcome?: string
  findings?: { id: string; evidence: string; fix: string }[]
}

/** A sandbox with a service that runs over HTTP, and answers for it. */
export async function withService(work: (box: Sandbox) => Promise<void>, start = startHttpService) {
  const box = await createSandbox()
  try {
    await start(box)
    box.file('a.yaml', answers(box))
    await work(box)
  } finally {
    await box.close()
  }
}

/** The service is only said to run: enough where nobody gets as far as asking it. */
export async function saidToRun(box: Sandbox) {
  const running = { status: 'STARTED', tls: false, url: 'http://localhost:9', readyAt: 0 }
  box.setDouble(state => {
    state.services['svc-a'] = running
  })
}

export function fault(box: Sandbox, faults: Record<string, unknown>, version?: string) {
  box.setDouble(state => {
    state.faults = faults
    if (version) state.version = version
  })
}

function events({ stdout }: Ended): Line[] {
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
}

/** What a run that failed says: exit, the finding, and the same in its last line. */
export function failure(ended: Ended) {
  const told = events(ended)
  const failed = told.findLast(({ type }) => type === 'step.failed')
  expect(told.at(-1)).toMatchObject({ type: 'run.finished', exit: ended.exit })
  return {
    exit: ended.exit,
    step: failed?.id,
    outcome: told.at(-1)?.outcome,
    ...failed?.findings?.[0],
  }
}

export function journal(box: Sandbox): Line[] {
  const text = readFileSync(join(box.state, 'endpoints/svc-a/journal.ndjson'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
}

export const escapes = '\u001b[31mred\u001b]52;c;ZXZpbA==\u0007 \u202eevil\n'
export const say = (text: string) => ({ how: 'say', exit: 0, text })
export const fail = (text: string, exit = 1) => ({ how: 'fail', exit, text })
