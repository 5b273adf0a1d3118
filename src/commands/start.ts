import manifest from '../../package.json' with { type: 'json' }
import { recogniseFolder } from '../certificates/recognise.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Front, HomeChoice, Row } from '../front/front.ts'
import { rotationDue } from '../front/words/endpoint.ts'
import { type Line, span } from '../front/words/line.ts'
import { listEndpoints } from '../record/endpoint.ts'
import type { EndpointStatus } from '../status/endpoint-status.ts'
import { recordedStatus } from '../status/look.ts'
import { targets } from '../targets/index.ts'
import type { Io } from './io.ts'
import { watchEndpoints } from './status.ts'

/** The first screen: what was found, what waits, and what can be done. */
export async function start(front: Front, io: Io): Promise<ExitCode | undefined> {
  const { world } = io
  const names = await listEndpoints(world.stateFolder)
  const all = await Promise.all(names.map(name => recordedStatus(name, world)))
  const choice = await front.home({
    version: manifest.version,
    found: names.length === 0 ? await foundLines(io) : summaryOf(all, io),
    rows: rowsOf(all, world.clock.now()),
  })
  switch (choice) {
    case 'secure':
      return (await import('./wizard.ts')).secure(front, io, {})
    case 'rehearse':
      return (await import('./wizard.ts')).secure(front, io, { rehearse: true })
    case 'verify':
      return verifyAsked(front, names, io)
    case 'finish':
      return (await import('./resume.ts')).resume(
        await oneOf(front, 'Which run shall go on?', unfinished(all)),
        {},
        io,
      )
    case 'rotate':
      return (await import('./rotate.ts')).rotate(
        await oneOf(front, 'Which endpoint gets a new certificate?', served(all)),
        {},
        io,
      )
    case 'status':
      await watchEndpoints(front, names, io)
      return undefined
  }
}

function rowsOf(all: readonly EndpointStatus[], now: number): Row<HomeChoice>[] {
  const waiting = unfinished(all)
  const due = served(all).filter(name => isDue(all, name, now))
  const rows: Row<HomeChoice>[] = []
  if (waiting[0])
    rows.push({
      value: 'finish',
      title: `Finish ${waiting.length === 1 ? waiting[0] : 'a run'}`,
      note: 'it was left or stopped',
    })
  if (due[0])
    rows.push({
      value: 'rotate',
      title: `Rotate ${due.length === 1 ? due[0] : `${due.length} endpoints`}`,
      note: 'due',
    })
  rows.push(
    { value: 'secure', title: 'Secure an endpoint' },
    {
      value: 'rehearse',
      title: 'Rehearse it first',
      note: 'the whole run on this machine, nothing else is touched',
    },
    {
      value: 'verify',
      title: 'Check an endpoint that is there already',
      note: 'https://host:port',
    },
  )
  if (all.length > 0) rows.push({ value: 'status', title: 'Status of all', note: 'live' })
  if (!due[0]) {
    const none = all.length === 0
    rows.push({
      value: 'rotate',
      title: 'Rotate',
      ...(served(all).length === 0
        ? {
            impossible: {
              reason: none
                ? 'No endpoint is recorded on this machine.'
                : 'No endpoint is served over HTTPS yet.',
              fix: 'Secure one first.',
            },
          }
        : { note: 'a new certificate for one of them' }),
    })
  }
  return rows
}

function unfinished(all: readonly EndpointStatus[]): string[] {
  return all.filter(({ alerts }) => alerts.includes('unfinished')).map(({ name }) => name)
}

function served(all: readonly EndpointStatus[]): string[] {
  return all.filter(({ record }) => record?.https).map(({ name }) => name)
}

function isDue(all: readonly EndpointStatus[], name: string, now: number): boolean {
  const leaf = all.find(each => each.name === name)?.leaf
  return leaf !== undefined && now >= rotationDue(leaf)
}

async function oneOf(front: Front, title: string, names: string[]): Promise<string> {
  const [only] = names
  if (names.length === 1 && only) return only
  return (
    (await front.choose(
      title,
      names.map(value => ({ value, title: value })),
    )) ??
    only ??
    ''
  )
}

async function verifyAsked(front: Front, names: string[], io: Io): Promise<ExitCode | undefined> {
  const known = names.length > 0 ? `, or one of ${names.slice(0, 5).join(', ')}` : ''
  const what = await front.line('Which endpoint shall be checked?', 'Address', text =>
    names.includes(text) || /^https:\/\/[^\s/]+/.test(text)
      ? undefined
      : `Write https://host:port${known}.`,
  )
  return what === undefined ? undefined : (await import('./verify.ts')).verify(what, {}, io)
}

/** What lies on this machine: tools and files that look like certificates. Only looked at. */
async function foundLines({ world, glyphs }: Io): Promise<Line[]> {
  const lines: Line[] = [[span('Found here (only looked at, nothing is changed)', 'quiet')]]
  for (const { title, tools: needed } of targets) {
    const [tool = ''] = needed
    const here = (await world.which(tool)) !== undefined
    lines.push([
      glyphs.state(here ? 'done' : 'skipped'),
      span(
        ` ${tool.padEnd(16)} ${here ? 'is asked when you choose its target (it takes seconds)' : `not here; ${title} needs it`}`,
      ),
    ])
  }
  for (const folder of ['.', './certs']) {
    const files = await recogniseFolder(
      folder === '.' ? world.cwd : `${world.cwd}/certs`,
      world.clock.now(),
    )
    const names = files.filter(each => each.certificate || each.key).map(({ name }) => name)
    if (names.length > 0) {
      lines.push([
        glyphs.state('done'),
        span(
          ` ${folder.padEnd(16)} ${names.slice(0, 3).join(', ')} look like a certificate or key`,
        ),
      ])
    }
  }
  return lines
}

function summaryOf(all: readonly EndpointStatus[], { world, glyphs }: Io): Line[] {
  const now = world.clock.now()
  const due = served(all).filter(name => isDue(all, name, now)).length
  return [
    [
      span(`${all.length} endpoint${all.length === 1 ? '' : 's'} recorded`),
      ...(due > 0 ? [span('  '), glyphs.state('warns'), span(` ${due} due`, 'warn')] : []),
    ],
  ]
}
