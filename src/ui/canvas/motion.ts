/** Whether something is being moved: then curves and numbers follow more slowly, and the frames belong to the hand. */
let holds = 0
const listeners = new Set<() => void>()

export const motion = {
  active: (): boolean => holds > 0,
  begin(): void {
    holds++
  },
  end(): void {
    holds = Math.max(0, holds - 1)
    if (holds === 0) for (const listener of [...listeners]) listener()
  },
  /** Told when the movement is over: time to catch up. */
  onRest(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

/** How often curves are painted while something moves. All in the same frame: most frames stay free of them. */
export const MOVING_PAINT_MS = 350

/** The last time at which curves may be painted, so that all choose the same frames. */
export function paintSlot(now: number): number {
  return Math.floor(now / MOVING_PAINT_MS)
}
