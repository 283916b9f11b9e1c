/** One timer for all texts that follow numbers: they change together in one frame, a few times a second, and rest otherwise. */
import { motion } from './motion.ts'

/** The eye reads no faster. */
const TICK_MS = 250
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | null = null
let skipped = false

/** Calls at once and then a few times a second, half as often while something is moved. The listener looks whether anything is new. */
export function onSlowTick(listener: () => void): () => void {
  listener()
  listeners.add(listener)
  timer ??= setInterval(tick, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0 || timer === null) return
    clearInterval(timer)
    timer = null
  }
}

function tick(): void {
  skipped = motion.active() && !skipped
  if (skipped || document.visibilityState === 'hidden') return
  for (const listener of [...listeners]) listener()
}
