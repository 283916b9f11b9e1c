import { useCallback, useSyncExternalStore } from 'react'

/** The present, rounded down to `everyMs` and read again that often; null reads it once per render. */
export function useNow(everyMs: number | null): number {
  const subscribe = useCallback(
    (listener: () => void) => {
      if (everyMs === null) return () => undefined
      const timer = setInterval(listener, everyMs)
      return () => clearInterval(timer)
    },
    [everyMs],
  )
  const step = everyMs ?? 1000
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / step) * step)
}
