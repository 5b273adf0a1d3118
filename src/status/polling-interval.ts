/** Milliseconds until an endpoint is looked at again: the less time is left, the sooner. */
export function pollingInterval(leftMs: number): number {
  const hour = 3_600_000
  if (leftMs < 0) return hour
  if (leftMs > 24 * hour) return 6 * hour
  if (leftMs > 6 * hour) return hour
  return leftMs > hour ? 600_000 : 60_000
}
