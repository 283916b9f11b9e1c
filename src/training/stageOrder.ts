/** Which stages may run next. Stages run one after another; the order respects what each depends on. */
import type { StageId } from '../base/ids.ts'
import type { PipelineConfig } from '../ir/pipelineConfig.ts'

/** Stages that are neither finished nor failed and whose parents all finished, in the plan's order. */
export function readyStages(
  stages: readonly PipelineConfig[],
  finished: ReadonlySet<StageId>,
  failed: ReadonlySet<StageId>,
): readonly PipelineConfig[] {
  return stages.filter(
    (stage) =>
      !finished.has(stage.id) && !failed.has(stage.id) && stage.dependsOn.every((parent) => finished.has(parent)),
  )
}
