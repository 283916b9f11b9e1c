/** The files of the document that a plan's stages read. */
import { partsOf } from '../ir/dataset.ts'
import type { DatasetSpec } from '../ir/dataset.ts'
import type { Plan } from '../ir/pipelineConfig.ts'

export function assetIdsOfPlan(plan: Plan): readonly string[] {
  const found = new Set<string>()
  const note = (spec: DatasetSpec | null): void => {
    for (const { source } of spec ? partsOf(spec) : []) if (source.type === 'asset') found.add(source.asset)
  }
  for (const stage of plan.stages) {
    note(stage.dataset)
    if (stage.mode === 'sft') note(stage.heldout)
  }
  return [...found]
}
