/** How fast stages were in earlier runs, for the time that a plan will take. */
import { paceKeys, workOf } from './planCost.ts'
import type { Paces, Range } from './planCost.ts'
import type { RunState } from './runState.ts'

/** More of the past would make the range wider without making it truer. */
const MOST_RUNS = 5

/**
 * Seconds per optimizer step (for evaluations per policy) and per unit of work, from the newest stages that were really
 * carried out, per mode and model; a range over the newest runs.
 * @param states runs on the same server, the newest first
 */
export function pacesOf(states: readonly RunState[]): Paces {
  const seen = new Map<string, number[]>()
  const note = (key: string, seconds: number, units: number | null): void => {
    const known = seen.get(key) ?? []
    if (units !== null && units > 0 && known.length < MOST_RUNS) seen.set(key, [...known, seconds / units])
  }
  for (const { plan, stages } of states) {
    for (const stage of plan.stages) {
      const ended = stages[stage.id]
      if (ended?.phase !== 'finished' || ended.reusedFrom !== undefined) continue
      const steps = stage.mode === 'evaluate' ? stage.evaluation.policies.length : ended.steps
      const seconds = (ended.endedAt - ended.startedAt) / 1000
      const keys = paceKeys(stage)
      note(keys.step, seconds, steps)
      note(keys.work, seconds, workOf(stage, steps, plan.estimates[stage.id]))
    }
  }
  return new Map(
    [...seen].map(([key, all]): [string, Range] => [key, { low: Math.min(...all), high: Math.max(...all) }]),
  )
}
