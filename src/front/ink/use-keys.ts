import { useInput } from 'ink'
import { useCallback, useLayoutEffect } from 'react'
import type { Key } from './keys.ts'
import { readKeys } from './read-keys.ts'
import { type Stage, useStage } from './stage.ts'

/** Takes the keys of a screen, but those that work everywhere. */
export function useKeys(take: (key: Key) => void): void {
  const { keys } = useStage()
  useLayoutEffect(() => {
    keys.take = take
  })
}

/**
 * Reads the keyboard for a whole phase. One reader for all of its screens: when each had its own, a key
 * that came while one gave way to the next was lost.
 */
export function useKeyboard({ keys, takePaste, everywhere, tooSmall }: Stage): void {
  const read = useCallback<Parameters<typeof useInput>[0]>(
    (input, inkKey) => {
      for (const key of readKeys(input, inkKey, takePaste)) {
        if (!everywhere(key) && !tooSmall) keys.take?.(key)
      }
    },
    [keys, takePaste, everywhere, tooSmall],
  )
  useInput(read)
}
