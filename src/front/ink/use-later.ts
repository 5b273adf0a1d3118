import { useEffect, useRef } from 'react'

/** An error shows so long after the last key. Milliseconds. */
const errorAfterMs = 400

/** Calls back once `what` has stayed the same for a while; not for the value that it starts with. */
export function useLater(what: string, call: () => void): void {
  const first = useRef(what)
  const latest = useRef(call)
  latest.current = call
  useEffect(() => {
    if (what === first.current) return
    // back at the first value later on is a change, too
    first.current = '\0'
    const timer = setTimeout(() => latest.current(), errorAfterMs)
    return () => clearTimeout(timer)
  }, [what])
}
