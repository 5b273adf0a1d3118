import { existsSync } from 'node:fs'
import type { RunResult } from '../../plan/run.ts'
import { readEndpoint } from '../../record/endpoint.ts'
import { currentGeneration, readGeneration } from '../../record/generation.ts'
import type { Planned } from '../../road/make-plan.ts'
import type { World } from '../../world.ts'
import { endpointLines } from './endpoint.ts'
import type { Glyphs } from './glyphs.ts'
import { type Line, span } from './line.ts'

export interface Summary {
  printed: Line[]
  /** The text of the last line on stderr. */
  last: string
}

/** What is printed when a run has ended. */
export async function summaryLines(
  { outcome, problem }: RunResult,
  { plan, paths }: Planned,
  { world, glyphs, rehearsed }: { world: World; glyphs: Glyphs; rehearsed: boolean },
): Promise<Summary> {
  const { endpoint, verb } = plan
  const record = await readEndpoint(paths)
  const number = await currentGeneration(paths)
  const leaf = number === undefined ? undefined : (await readGeneration(paths, number))?.leaf
  const scheme = verb === 'disable' ? 'HTTP' : 'HTTPS'
  if (outcome === 'done' && record) {
    const played = rehearsed
      ? ' in the rehearsal; nothing outside a temporary folder was touched'
      : ''
    const title = `${endpoint} is served over ${scheme}, proven${played}`
    const time = record.served ? ` ${record.served.slice(0, 16).replace('T', ' ')} UTC` : ''
    const head: Line = [glyphs.state('done'), span(` ${title}${rehearsed ? '' : time}`, 'bold')]
    const next = rehearsed ? [] : nextLines(endpoint, existsSync(paths.trust) && record.https)
    return {
      printed: [
        head,
        ...(rehearsed ? [] : endpointLines(record, leaf, world.clock.now(), glyphs)),
        ...next,
      ],
      last: rehearsed
        ? `the rehearsal of ${endpoint} has passed`
        : `${endpoint} is served over ${scheme}, proven`,
    }
  }
  if (outcome === 'done') {
    const title = `${endpoint} has nothing of its own in place any more, proven`
    const rest = [span('  forget     ', 'quiet'), span(`secure-endpoint forget ${endpoint}`)]
    return {
      printed: [[glyphs.state('done'), span(` ${title}`, 'bold')], ...(rehearsed ? [] : [rest])],
      last: title,
    }
  }
  const found = problem?.findings[0]
  const why = found ? found.title.replace(/\.$/, '') : outcome
  if (outcome === 'rolled-back') {
    const proven = plan.steps.some(({ undo }) => undo?.some(({ id }) => id === 'undo.proof'))
    const back = proven
      ? 'what was there before is back and proven'
      : 'what was changed is taken back'
    return { printed: [], last: `${why}; ${back}` }
  }
  const resume = `secure-endpoint init --resume ${endpoint}`
  const served = record?.served !== undefined && found?.id.startsWith('wait.')
  const printed: Line[] = [[span('  go on      ', 'quiet'), span(resume)]]
  return {
    printed: rehearsed || !existsSync(paths.plan) ? [] : printed,
    last: served ? `${why}; the endpoint is served` : why,
  }
}

function nextLines(endpoint: string, privateRoot: boolean): Line[] {
  const row = (label: string, command: string, what: string): Line => [
    span(`  ${label.padEnd(11)}`, 'quiet'),
    span(command.padEnd(40)),
    span(what, 'quiet'),
  ]
  return [
    ...(privateRoot
      ? [row('trust', `secure-endpoint cert trust ${endpoint}`, 'lets clients trust its root')]
      : []),
    row('next', `secure-endpoint rotate ${endpoint}`, 'puts a new certificate in'),
    row('', 'secure-endpoint status', 'all endpoints'),
  ]
}
