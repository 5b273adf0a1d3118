import { useRef, useState, useSyncExternalStore } from 'react'

/** A state that only its reducer changes. */
export interface Store<S, A> {
  get(): S
  /** The state after the action. */
  send(action: A): S
  subscribe(listener: () => void): () => void
}

export function createStore<S, A>(reduce: (state: S, action: A) => S, first: S): Store<S, A> {
  const listeners = new Set<() => void>()
  let state = first
  return {
    get: () => state,
    send(action) {
      const next = reduce(state, action)
      if (next !== state) {
        state = next
        for (const listener of listeners) listener()
      }
      return state
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function useStore<S, A>(store: Store<S, A>): S {
  return useSyncExternalStore(store.subscribe, store.get, store.get)
}

/**
 * The store of one screen. `send` gives the next state at once: keys that came together must not meet
 * the state of the last drawing.
 */
export function useMachine<S, A>(
  reduce: (state: S, action: A) => S,
  first: () => S,
): readonly [state: S, send: (action: A) => S, get: () => S] {
  const latest = useRef(reduce)
  latest.current = reduce
  const [store] = useState(() =>
    createStore<S, A>((state, action) => latest.current(state, action), first()),
  )
  return [useStore(store), store.send, store.get]
}
