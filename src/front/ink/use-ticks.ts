import { useEffect, useState } from 'react'

/** The spinner's steps, and how often elapsed times are drawn. Milliseconds. */
const tickMs = 250

/** How often it was drawn anew since `runs` became true: the one timer of a frame. */
export function useTicks(runs: boolean): number {
  const [ticks, setTicks] = useState(0)
  useEffect(() => {
    if (!runs) return
    const timer = setInterval(() => setTicks(count => count + 1), tickMs)
    return () => clearInterval(timer)
  }, [runs])
  return ticks
}
