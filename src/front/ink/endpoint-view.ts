import { formatElapsed } from '../../duration.ts'
import { oneLine } from '../../process/plain-text.ts'
import { type Alert, alerts, type EndpointStatus } from '../../status/endpoint-status.ts'
import { endpointLines } from '../words/endpoint.ts'
import { type Line, type Span, span } from '../words/line.ts'
import { withRight } from '../words/run.ts'
import { alertText, partLines, stateOf } from '../words/status.ts'
import { wrapLine } from '../words/wrap.ts'
import type { Part } from './fit.ts'
import type { Stage } from './stage.ts'
import type { WatchState } from './watch-state.ts'

/** 8a: one endpoint. */
export function endpointParts(status: EndpointStatus, state: WatchState, stage: Stage): Part[] {
  const { glyphs, width } = stage
  const { record, leaf, looked } = status
  const looks = state.looking.has(status.name)
  const title: Line = [glyphs.state(stateOf(status)), span(` ${titleOf(status)}`, 'bold')]
  const recorded = record
    ? endpointLines(record, leaf, state.now, glyphs, stage.narrow ? 0 : 16)
    : []
  const told = recorded.filter(([first]) => first?.text.trim() !== 'alerts')
  const label = (name: string, text: string, tone?: Span['tone']): Line => [
    span(`  ${name.padEnd(11)}`, 'quiet'),
    span(text, tone),
  ]
  const found = status.alerts.map((alert, index) => {
    const seen = index === 0 && alert !== 'secret-drift' ? oneLine(status.seen) : ''
    const said = alert === 'secret-drift' ? oneLine(status.held?.seen ?? '') : ''
    const text = `${alert}: ${said || alertText(alert)}${seen ? ` (${seen})` : ''}`
    return label(index === 0 ? 'alerts' : '', text, toneOf(alert))
  })
  const when = looks
    ? 'is looked at now'
    : looked === undefined
      ? 'not yet'
      : agoOf(state.now - Date.parse(looked))
  const all = [
    ...told,
    ...partLines(status, state.now, glyphs),
    ...(found.length > 0 ? found : [label('alerts', 'none')]),
    ...(status.notSeen ? [label('not seen', oneLine(status.notSeen))] : []),
    ...(status.locked ? [label('locked', `by ${oneLine(status.locked)}`)] : []),
    label('looked', when, 'quiet'),
    label('next', nextCommand(status)),
  ]
  const { narrow } = stage
  return [
    { kind: 'line', lines: wrapLine([span('  '), ...title], width, 4) },
    {
      kind: 'list',
      cursor: 0,
      rows: all.map(line =>
        narrow ? [withRight(tight(line), '', width, glyphs)] : wrapLine(line, width, labels),
      ),
    },
  ]
}

/** An unfinished run goes on before anything else. */
function nextCommand({ name, alerts }: EndpointStatus): string {
  return alerts.includes('unfinished')
    ? `secure-endpoint init --resume ${name}`
    : `secure-endpoint rotate ${name}`
}

/** Columns of the labels of one endpoint. */
const labels = 13

/** The same line with fewer blanks: each label keeps to one line of a small terminal. */
function tight([label, ...rest]: Line): Line {
  const short = span(`${(label?.text ?? '').trimEnd().padEnd(labels - 2)} `, 'quiet')
  return [short, ...rest.map(each => ({ ...each, text: each.text.replace(/ {2,}/g, ' ') }))]
}

function agoOf(ms: number): string {
  return ms < 1_000 ? 'just now' : `${formatElapsed(ms)} ago`
}

function toneOf(alert: Alert): Span['tone'] {
  const severity = alerts.find(each => each.alert === alert)?.severity
  return severity === 'bad' ? 'bad' : 'warn'
}

/** What holds now, in one sentence. */
function titleOf({ name, record, alerts: found, looked }: EndpointStatus): string {
  const [worst] = found
  const scheme = record?.https ? 'HTTPS' : 'HTTP'
  if (!record) return `${name} is not served yet`
  if (worst) return `${name}: ${alertText(worst)}`
  const proven = record.served ? `, proven ${record.served.slice(0, 16).replace('T', ' ')} UTC` : ''
  return looked === undefined
    ? `${name}, ${scheme}${proven}`
    : `${name} is served over ${scheme}${proven}`
}
