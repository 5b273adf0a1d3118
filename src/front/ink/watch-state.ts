import type { EndpointStatus } from '../../status/endpoint-status.ts'
import type { State } from '../words/glyphs.ts'
import { stateOf, worstFirst } from '../words/status.ts'
import { type FieldState, startField, textOf, typeInField } from './field-state.ts'
import { type Key, means } from './keys.ts'
import { moveInList } from './list-state.ts'

/** What the list can be sorted by, in the order in which `s` goes through them. */
const sorts = ['days', 'name', 'target', 'alert'] as const
export type Sort = (typeof sorts)[number]

/** The live status of some endpoints. */
export interface WatchState {
  all: Readonly<Record<string, EndpointStatus>>
  /** Those that are looked at now. */
  looking: ReadonlySet<string>
  /** Milliseconds since 1970, as it was drawn last. */
  now: number
  /** The endpoint that the cursor was put on: it stays there when rows move, also through a filter. */
  at?: string
  sort: Sort
  filter: FieldState
  /** The filter is being typed. */
  filtering: boolean
  /** The endpoint whose details are open. */
  opened?: string
  /** Rows that a page has. */
  page: number
  taken?: 'leave'
  /** The endpoint that is to be looked at now. */
  wanted?: string
}

export type WatchAction =
  | Key
  /** Who is looked at since the last time, and what was seen. */
  | { is: 'looks'; began: readonly string[]; seen: readonly EndpointStatus[] }
  | { is: 'time'; now: number }
  | { is: 'page'; rows: number }
  | { is: 'asked' }

export function startWatch(
  names: readonly string[],
  recorded: readonly EndpointStatus[],
  now: number,
): WatchState {
  const known = new Map(recorded.map(each => [each.name, each]))
  const all = names.map((name): [string, EndpointStatus] => [
    name,
    known.get(name) ?? { name, target: '', alerts: [], seen: '' },
  ])
  return {
    all: Object.fromEntries(all),
    looking: new Set(),
    now,
    sort: 'days',
    filter: startField(),
    filtering: false,
    page: 10,
    ...(names.length === 1 && names[0] !== undefined ? { opened: names[0] } : {}),
  }
}

export function reduceWatch(state: WatchState, action: WatchAction): WatchState {
  switch (action.is) {
    case 'looks': {
      const seen = action.seen.map((each): [string, EndpointStatus] => [
        each.name,
        { ...each, target: each.target || (state.all[each.name]?.target ?? '') },
      ])
      const over = new Set(seen.map(([name]) => name))
      const began = [...state.looking, ...action.began].filter(name => !over.has(name))
      return {
        ...state,
        looking: new Set(began),
        all: { ...state.all, ...Object.fromEntries(seen) },
      }
    }
    case 'time':
      return { ...state, now: action.now }
    case 'page':
      return state.page === action.rows ? state : { ...state, page: action.rows }
    case 'asked': {
      const { wanted: _wanted, ...rest } = state
      return rest
    }
    default:
      return onKey(state, action)
  }
}

function onKey(state: WatchState, key: Key): WatchState {
  if (state.filtering) return inFilter(state, key)
  if (means(key, 'leave')) return { ...state, taken: 'leave' }
  const single = Object.keys(state.all).length === 1
  if (state.opened !== undefined) {
    if (means(key, 'again')) return { ...state, wanted: state.opened }
    if (single || (key.is !== 'escape' && key.is !== 'enter')) return state
    const { opened: _opened, ...rest } = state
    return rest
  }
  if (means(key, 'filter')) return { ...state, filtering: true }
  if (means(key, 'sort')) {
    const next = sorts[(sorts.indexOf(state.sort) + 1) % sorts.length] ?? 'days'
    return { ...state, sort: next }
  }
  const at = rowsOf(state)[cursorOf(state)]?.name
  if (means(key, 'again')) return at === undefined ? state : { ...state, wanted: at }
  if (key.is === 'enter') return at === undefined ? state : { ...state, opened: at }
  if (key.is === 'escape') return { ...state, filter: startField() }
  // digits would mean rows that move
  return key.is === 'text' ? state : moved(state, key)
}

function moved(state: WatchState, key: Key): WatchState {
  const rows = rowsOf(state)
  const list = moveInList(
    { cursor: cursorOf(state, rows), opened: false },
    key,
    rows.map(() => ({})),
    state.page,
  )
  const at = rows[list.cursor]?.name
  return at === undefined ? state : { ...state, at }
}

/** The row that the cursor is on; the first one where its endpoint is filtered out. */
export function cursorOf(state: WatchState, rows = rowsOf(state)): number {
  return Math.max(
    0,
    rows.findIndex(({ name }) => name === state.at),
  )
}

function inFilter(state: WatchState, key: Key): WatchState {
  if (key.is === 'enter') return { ...state, filtering: false }
  if (key.is === 'escape') return { ...state, filtering: false, filter: startField() }
  if (key.is === 'up' || key.is === 'down') return moved(state, key)
  const filter = typeInField(state.filter, key)
  return filter === state.filter ? state : { ...state, filter }
}

/** The rows as they are shown: filtered, sorted. */
export function rowsOf({ all, filter, sort, now }: WatchState): EndpointStatus[] {
  const words = textOf(filter).toLowerCase().split(/\s+/).filter(Boolean)
  const shown = Object.values(all).filter(each => words.every(word => matches(each, word)))
  return shown.sort(orderOf(sort, now))
}

function matches(status: EndpointStatus, word: string): boolean {
  if (word.startsWith('target:')) return status.target.startsWith(word.slice('target:'.length))
  if (word.startsWith('is:')) return is(status, word.slice('is:'.length))
  return status.name.toLowerCase().includes(word)
}

const dueAlerts = ['rotation-due', 'tls-cert-will-soon-expire', 'tls-cert-expired']

function is(status: EndpointStatus, what: string): boolean {
  if (what === 'due') return status.alerts.some(alert => dueAlerts.includes(alert))
  if (what === 'good') return stateOf(status) === 'done'
  if (what === 'unknown') return stateOf(status) === 'unknown'
  return status.alerts.some(alert => alert.includes(what))
}

/** How bad a state is: worst first, and within it the least time left. */
const ranks: Readonly<Partial<Record<State, number>>> = { failed: 0, warns: 1, unknown: 2, done: 3 }

function orderOf(sort: Sort, now: number): (a: EndpointStatus, b: EndpointStatus) => number {
  const byName = (a: EndpointStatus, b: EndpointStatus) => (a.name < b.name ? -1 : 1)
  switch (sort) {
    case 'name':
      return byName
    case 'target':
      return (a, b) => (a.target === b.target ? byName(a, b) : a.target < b.target ? -1 : 1)
    case 'alert':
      return worstFirst(now)
    case 'days': {
      const rank = (each: EndpointStatus) => ranks[stateOf(each)] ?? 4
      return (a, b) => rank(a) - rank(b) || leftMs(a, now) - leftMs(b, now) || byName(a, b)
    }
  }
}

/** Time left of the leaf that is served, or recorded; at the very end where there is none. */
export function leftMs({ served, leaf }: EndpointStatus, now: number): number {
  const life = served ?? leaf
  return life ? Date.parse(life.notAfter) - now : Number.MAX_SAFE_INTEGER
}

/** How many endpoints are in which state. */
export function countStates(
  all: readonly EndpointStatus[],
): Readonly<Partial<Record<State, number>>> {
  const counts: Partial<Record<State, number>> = {}
  for (const each of all) {
    const state = stateOf(each)
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}
