import type { Key } from './keys.ts'

/** Where the cursor of a list stands, and whether its row is opened to be read. */
export interface ListState {
  cursor: number
  opened: boolean
  /** Lines of the cursor's row that have gone up, where it is higher than the window. */
  skip?: number
}

export interface ListRow {
  /** A row that cannot be taken has no number; Enter opens its reason. */
  impossible?: unknown
}

/** The list with the cursor on its first row that can be taken, or on the one given. */
export function startList(rows: readonly ListRow[], at?: number): ListState {
  const first = rows.findIndex(({ impossible }) => impossible === undefined)
  return { cursor: at !== undefined && at >= 0 ? at : Math.max(0, first), opened: false }
}

/**
 * Moves the cursor; the same list when the key means nothing to it. A digit puts the cursor on the row
 * with that number, it does not take it.
 */
export function moveInList(
  list: ListState,
  key: Key,
  rows: readonly ListRow[],
  page = 10,
): ListState {
  const to = target(list.cursor, key, rows, page)
  if (to === undefined) return list
  const cursor = Math.max(0, Math.min(rows.length - 1, to))
  return cursor === list.cursor && !list.opened ? list : { cursor, opened: false }
}

function target(
  cursor: number,
  key: Key,
  rows: readonly ListRow[],
  page: number,
): number | undefined {
  switch (key.is) {
    case 'up':
      return cursor - 1
    case 'down':
      return cursor + 1
    case 'page-up':
      return cursor - page
    case 'page-down':
      return cursor + page
    case 'home':
      return 0
    case 'end':
      return rows.length - 1
    case 'text':
      return /^[1-9]$/.test(key.text) ? numbered(rows)[Number(key.text) - 1] : undefined
    default:
      return undefined
  }
}

/**
 * Moves the cursor through rows that may be higher than their window: such a row goes by line by line.
 *
 * @param heights lines of each row as it is drawn now
 * @param room lines of the window
 */
export function scrollList(
  list: ListState,
  key: Key,
  heights: readonly number[],
  room: number,
): ListState {
  const { cursor, skip = 0 } = list
  const most = Math.max(0, (heights[cursor] ?? 0) - room)
  if (key.is === 'down' && skip < most) return { ...list, skip: skip + 1 }
  if (key.is === 'up' && skip > 0) return { ...list, skip: skip - 1 }
  return moveInList(
    list,
    key,
    heights.map(() => ({})),
    room,
  )
}

/** The places of the rows that have a number, in order. */
export function numbered(rows: readonly ListRow[]): number[] {
  return rows.flatMap(({ impossible }, index) => (impossible === undefined ? [index] : []))
}

/** The number that stands before a row; none after 9 and for what cannot be taken. */
export function numberOf(rows: readonly ListRow[], index: number): string {
  const place = numbered(rows).indexOf(index) + 1
  return place > 0 && place < 10 ? String(place) : ''
}
