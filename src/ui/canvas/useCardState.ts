import { useCallback, useSyncExternalStore } from 'react'
import type { CardState } from '#src/store/cardStates.ts'
import { useCanvas } from './CanvasContext.ts'

/** State of the node's stage in the run that is shown; null when it has none. */
export function useCardState(id: string): CardState | null {
  const { cardStates } = useCanvas()
  return useSyncExternalStore(
    useCallback((listener) => cardStates.subscribe(id, listener), [cardStates, id]),
    () => cardStates.of(id),
  )
}
