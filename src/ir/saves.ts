/** The saves of a stage by their names, as people look for them. */
import type { TrainStage } from './pipelineConfig.ts'

/** `["good", "steady every 5 steps", "final"]`: those of checkpoint nodes, and the trainer's own when it ends. */
export function saveNames(stage: TrainStage): readonly string[] {
  const named = stage.checkpointing.map(({ name, every }) => (every > 0 ? `${name} every ${everySteps(every)}` : name))
  return [...named, 'final']
}

function everySteps(every: number): string {
  return every === 1 ? 'step' : `${every} steps`
}
