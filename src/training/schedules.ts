/** Learning rate by step. The rate travels with every optimizer step, so schedules are the client's alone. */
import type { Hyperparameters, Schedule } from '../ir/pipelineConfig.ts'

/**
 * Rate of optimizer step `step` (from 0) of `total`: (s+1)/W of it while warming up over W = ⌈warmupRatio·total⌉ steps, then
 * the schedule over the rest. The first step never has rate 0, which would waste it.
 */
export function learningRate(
  { learningRate: full, schedule, warmupRatio }: Pick<Hyperparameters, 'learningRate' | 'schedule' | 'warmupRatio'>,
  step: number,
  total: number,
): number {
  const warmup = Math.ceil(warmupRatio * total)
  if (step < warmup) return (full * (step + 1)) / warmup
  return full * DECAY[schedule]((step - warmup) / (total - warmup))
}

/** Share of the full rate at a share of the way, 0…1. */
const DECAY: Readonly<Record<Schedule, (progress: number) => number>> = {
  constant: () => 1,
  linear: (progress) => 1 - progress,
  cosine: (progress) => (1 + Math.cos(Math.PI * progress)) / 2,
}
