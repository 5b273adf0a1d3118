import { Interrupted } from '../../../src/errors.ts'
import { unicodeGlyphs } from '../../../src/front/words/glyphs.ts'
import { type Line, span } from '../../../src/front/words/line.ts'
import { eventMaker, plan, runStarted, stepDone, stepStarted } from './fixtures.ts'

/** What the program plays: one front on the terminal that it was started on. */
export type Scenario = 'line' | 'two-lines' | 'choose' | 'run' | 'deaf'

// a header before the front is loaded, as the commands do
process.stdout.write('secure-endpoint, a test\n')
const { createInkFront } = await import('../../../src/front/ink/index.ts')

const stops = new AbortController()
const scenario = process.argv[2] as Scenario
const onStop = () => {
  // one that does not hear the first Ctrl-C
  if (scenario !== 'deaf') stops.abort(new Interrupted())
}
process.on('SIGINT', onStop)
const front = await createInkFront({
  stdin: process.stdin,
  stdout: process.stdout,
  env: process.env,
  glyphs: unicodeGlyphs,
  colour: true,
  signal: stops.signal,
  now: Date.now,
  onStop,
  pasteFolder: process.env.PASTES ?? '/nowhere',
})

const printed: Line[] = [[span('a printed line', 'bold')]]

async function play(): Promise<string> {
  switch (scenario) {
    case 'line':
    case 'deaf':
      return `said ${await front.line('Which endpoint?', 'Address', check)}`
    case 'two-lines': {
      const first = await front.line('Which endpoint?', 'Address', check)
      front.print(printed)
      const second = await front.line('And which other one?', 'Address', check)
      return `said ${first} and ${second}`
    }
    case 'choose':
      return `chose ${await front.choose('What now?', [
        { value: 'a', title: 'The first' },
        { value: 'b', title: 'The second' },
      ])}`
    case 'run':
      return run()
  }
}

function check(text: string): string | undefined {
  return text.startsWith('https://') ? undefined : 'Write https://host:port.'
}

async function run(): Promise<string> {
  const view = front.run(plan)
  const clock = { now: Date.now() }
  const event = eventMaker(clock)
  view.onEvent(event(runStarted()))
  view.onEvent(event(stepStarted('check.sky', ['sky api info'])))
  view.onEvent(event(stepDone('check.sky', '0.14.1, healthy')))
  view.onEvent(event(stepStarted('dns.wait')))
  const wait = {
    type: 'wait',
    id: 'dns.wait',
    elapsedMs: 0,
    limitMs: 600_000,
    nextMs: 600_000,
  } as const
  view.onEvent(event({ ...wait, seen: 'no such name' }))
  try {
    return `paused: ${await view.pause(600_000, stops.signal)}`
  } finally {
    await view.close()
  }
}

try {
  process.stdout.write(`${await play()}\n`)
  process.exitCode = 0
} catch (error) {
  if (!(error instanceof Interrupted)) throw error
  process.stdout.write('stopped\n')
  process.exitCode = error.exit
}
