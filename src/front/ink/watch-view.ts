import { oneLine } from '../../process/plain-text.ts'
import type { Alert, EndpointStatus } from '../../status/endpoint-status.ts'
import type { State } from '../words/glyphs.ts'
import { type Line, type Span, span } from '../words/line.ts'
import { withRight } from '../words/run.ts'
import { lifeOf, stateOf, whatOf } from '../words/status.ts'
import { cells, cutText, padText } from '../words/width.ts'
import { wrapText } from '../words/wrap.ts'
import { textOf } from './field-state.ts'
import { fieldLine } from './field-view.ts'
import type { Part } from './fit.ts'
import type { Hint } from './keys.ts'
import type { Stage } from './stage.ts'
import { countStates, cursorOf, rowsOf, type Sort, type WatchState } from './watch-state.ts'

/** Columns of the rows that have a fixed width. */
const columns = { target: 10, bar: 10, left: 9, name: 24, narrowName: 12, narrowLeft: 8 } as const

const sortWords: Readonly<Record<Sort, string>> = {
  days: 'by days left',
  name: 'by name',
  target: 'by target',
  alert: 'by alert',
}

/** 8b: many endpoints, the worst first. */
export function listParts(state: WatchState, stage: Stage): Part[] {
  const { narrow, width } = stage
  const rows = rowsOf(state)
  const cursor = cursorOf(state, rows)
  const names = rows.map(({ name }) => cells(oneLine(name)))
  const nameWidth = Math.min(columns.name, Math.max(8, ...names))
  // only what can be in the window is made into lines: there may be thousands
  const lines = rows.map((each, index): (() => Line[]) => () => [
    row(each, index === cursor, { state, stage, nameWidth }),
  ])
  const shown = near(lines, cursor, stage.height)
  const looking = state.looking.size
  const head: Line = [
    span(`  ${padText('name', nameWidth)}  ${'target'.padEnd(columns.target)}`, 'quiet'),
    span(`${'left'.padEnd(columns.bar + columns.left + 3)}what`, 'quiet'),
  ]
  const filter = textOf(state.filter)
  const asked = state.filtering || filter !== ''
  const none = rows.length === 0 ? [[span('  no endpoint is like that', 'quiet')] as Line] : []
  return [
    { kind: 'line', lines: [summary(state, stage)] },
    {
      kind: 'line',
      lines: asked ? [fieldLine('Filter', state.filter, stage)] : [],
    },
    ...(narrow || rows.length === 0 ? [] : [{ kind: 'help', lines: [head] } as const]),
    { kind: 'line', lines: none.map(line => withRight(line, '', width, stage.glyphs)) },
    {
      kind: 'list',
      rows: shown,
      cursor,
      of: looking === 0 ? '' : ` · ${looking.toLocaleString('en')} are looked at now`,
    },
  ]
}

/** Rows that cannot come into the window stay empty lines. */
function near(lines: readonly (() => Line[])[], cursor: number, height: number): Line[][] {
  const blank: Line[] = [[]]
  return lines.map((make, index) => (Math.abs(index - cursor) <= height ? make() : blank))
}

function summary({ all, sort }: WatchState, { glyphs, narrow, width }: Stage): Line {
  const list = Object.values(all)
  const counts = countStates(list)
  const expired = list.filter(({ alerts: found }) => found.includes('tls-cert-expired')).length
  const due = list.filter(each => stateOf(each) === 'warns' && isOnlyDue(each)).length
  const words: Readonly<Partial<Record<State, string>>> = narrow
    ? {}
    : {
        failed: counts.failed === expired ? 'expired' : 'failing',
        warns: counts.warns === due ? 'due' : 'warn',
        unknown: 'unknown',
      }
  const spans = (['failed', 'warns', 'unknown', 'done'] as const).flatMap((state): Span[] => {
    const count = counts[state] ?? 0
    if (count === 0) return []
    const text = [count.toLocaleString('en'), words[state]].filter(Boolean).join(' ')
    return [glyphs.state(state), span(` ${text}${narrow ? ' ' : '  '}`)]
  })
  const total = list.length.toLocaleString('en')
  const head = narrow ? `  ${total} · ` : `  ${total} endpoint${list.length === 1 ? '' : 's'}   `
  const tail = narrow ? [] : [span(sortWords[sort], 'quiet')]
  return withRight([span(head, 'bold'), ...spans, ...tail], '', width, glyphs)
}

function isOnlyDue({ alerts: found }: EndpointStatus): boolean {
  return found.every(alert => alert === 'rotation-due' || alert === 'tls-cert-will-soon-expire')
}

interface RowDrawing {
  state: WatchState
  stage: Stage
  nameWidth: number
}

function row(status: EndpointStatus, at: boolean, { state, stage, nameWidth }: RowDrawing): Line {
  const { glyphs, narrow, width } = stage
  const life = lifeOf(status, state.now)
  const how = glyphs.state(stateOf(status))
  const mark = at ? span(`${glyphs.cursor} `, 'active') : span('  ')
  const wide = narrow ? columns.narrowName : nameWidth
  const name = padText(cutText(oneLine(status.name), wide, glyphs.rest), wide)
  const left = (life?.left ?? '?').padStart(narrow ? columns.narrowLeft : columns.left)
  const what = rowWords(status, narrow)
  const tone = what === '' ? undefined : how.tone
  const line: Line = narrow
    ? [mark, span(name, at ? 'bold' : undefined), span(` ${left} `), how, span(` ${what}`, tone)]
    : [
        mark,
        span(name, at ? 'bold' : undefined),
        span(`  ${padText(cutText(oneLine(status.target), 9, glyphs.rest), columns.target)}`),
        life
          ? span(glyphs.bar(life.share, columns.bar), life.tone)
          : span('?'.padEnd(columns.bar), 'warn'),
        span(`${left}   `),
        how,
        span(` ${what}`, tone),
      ]
  return withRight(line, '', width, glyphs)
}

const shortWords: Readonly<Record<Alert, string>> = {
  'tls-cert-expired': 'expired',
  'tls-cert-invalid': 'not trusted',
  'tls-cert-will-soon-expire': 'expires soon',
  drift: 'drift',
  'secret-drift': 'Secret drift',
  unreachable: 'unreachable',
  'rotation-due': 'rotation due',
  unfinished: 'unfinished',
  'plain-http': 'HTTP',
}

function rowWords(status: EndpointStatus, narrow: boolean): string {
  const { alerts: found, locked } = status
  const [first] = found
  if (narrow) return first ? shortWords[first] : ''
  const held = locked ? `locked by ${oneLine(locked)}` : ''
  const seen = first === 'unreachable' && status.seen !== '' ? `: ${status.seen}` : ''
  return [oneLine(whatOf(status)) + oneLine(seen), held].filter(Boolean).join(', ')
}

/** The keys of the list, of its filter, and of one endpoint. */
export function watchHints({ filtering, opened, all }: WatchState): Hint[] {
  const again: Hint = { key: 'again', word: 'look now' }
  const leave: Hint = { key: 'leave', word: 'leave' }
  if (filtering)
    return [
      { key: 'accept', word: 'keeps it' },
      { key: 'back', word: 'no filter' },
    ]
  if (opened !== undefined) {
    const back: Hint[] = Object.keys(all).length > 1 ? [{ key: 'back', word: 'back' }] : []
    return [again, leave, ...back]
  }
  return [
    { key: 'filter', word: 'filter' },
    { key: 'sort', word: 'sort' },
    { key: 'accept', word: 'details', narrow: '' },
    { ...again, narrow: '' },
    leave,
  ]
}

export function nothingLines(width: number): Line[] {
  return wrapText('No endpoint is recorded on this machine.', width, 2)
}
