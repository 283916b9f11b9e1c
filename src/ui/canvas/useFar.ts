import { useStore } from '@xyflow/react'

/** Below this zoom letters of 12 px are under 6 px: nobody reads them. */
export const FAR_ZOOM = 0.45

/** Whether cards are seen from so far that they are drawn as boxes. Changes once per crossing, not per frame. */
export function useFar(): boolean {
  return useStore((state) => state.transform[2] < FAR_ZOOM)
}
