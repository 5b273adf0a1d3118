const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of `90s`, `10m`, `6h`, `30d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text)
  if (!match) return undefined
  return Number(match[1]) * units[match[2] as keyof typeof units]
}

/** The same for a duration that the code itself wrote. */
export function durationMs(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new TypeError(`not a duration: ${text}`)
  return ms
}

/** Elapsed time for people: `38 ms`, `8.4 s`, `1 min 02 s`, `2 h 05 min`. */
export function formatElapsed(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1_000).toFixed(ms < 9_950 ? 1 : 0)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
}

/** A limit for people: `10 min`, `90 s`, `6 h`. */
export function formatLimit(ms: number): string {
  if (ms >= 2 * units.d && ms % units.d === 0) return `${ms / units.d} days`
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`
  if (ms % 60_000 === 0) return `${ms / 60_000} min`
  return `${Math.round(ms / 1_000)} s`
}

/** Life that is left: `87 days`, under 2 days `31 h`, under 1 h `42 min`, then `expired 3 days ago`. */
export function formatLeft(ms: number): string {
  if (ms < 0) return `expired ${formatLeft(-ms)} ago`
  if (ms < units.h) return `${Math.floor(ms / units.m)} min`
  if (ms < 2 * units.d) return `${Math.floor(ms / units.h)} h`
  return `${Math.floor(ms / units.d)} days`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
