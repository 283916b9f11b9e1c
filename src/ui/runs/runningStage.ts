import type { PipelineConfig } from '#src/ir/pipelineConfig.ts'
import type { RunState, StageState } from '#src/ir/runState.ts'

export type RunningStage = {
  readonly stage: PipelineConfig
  /** Place in the plan, from 0. */
  readonly index: number
  readonly progress: Extract<StageState, { phase: 'running' }>
}

/** The first stage that runs; stages without common ancestors may run at once. */
export function runningStage({ plan, stages }: RunState): RunningStage | null {
  for (const [index, stage] of plan.stages.entries()) {
    const progress = stages[stage.id]
    if (progress?.phase === 'running') return { stage, index, progress }
  }
  return null
}
