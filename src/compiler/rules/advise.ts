/** Pass 7: what experience says of a plan that would run. Each rule is a function of one stage, or of all of them. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { DatasetFacts, Facts } from '../../ir/dataset.ts'
import type { PipelineConfig, StageEstimate, TrainStage } from '../../ir/pipelineConfig.ts'
import { factsOfSpec } from '../passes/lower.ts'
import type { LoweredGraph } from '../passes/lower.ts'
import { stageRows } from '../passes/stageRows.ts'
import { leaks } from './leaks.ts'
import { batchSize, fewSteps, manyEpochs, manyPasses, manyRollouts } from './lengths.ts'
import { knownModel } from './lineup.ts'
import { chatMarkersOnBase, hugeRank, shortThoughts, smallRank } from './models.ts'
import { dearHeldout, differentMeasures, nothingMeasures, savesForEver, sftAfterRl, startExpires } from './order.ts'
import { clippedSums, fastWithoutKl, rateAfterSft, rateOfRl, rateOfSft } from './rates.ts'
import { formOutweighs } from './rewards.ts'
import { earlierAnswers, emptyThoughts, markersInText, repeatedRows, thinkingThrownAway } from './rows.ts'
import type { Rule } from './rule.ts'

const RULES: readonly Rule[] = [
  ...[rateOfSft, rateOfRl, rateAfterSft, fastWithoutKl, clippedSums],
  ...[fewSteps, manyEpochs, manyPasses, batchSize, manyRollouts],
  formOutweighs,
  ...[chatMarkersOnBase, hugeRank, smallRank, shortThoughts],
  ...[repeatedRows, markersInText, thinkingThrownAway, emptyThoughts, earlierAnswers],
  ...[sftAfterRl, startExpires, savesForEver, dearHeldout],
]

/** What was said of a stage, and what it was said about; the same again needs no second look. */
export type AdviceMemo = WeakMap<
  PipelineConfig,
  { readonly about: readonly unknown[]; readonly found: readonly Diagnostic[] }
>

export function advise(
  stages: readonly PipelineConfig[],
  estimates: { readonly [stage: string]: StageEstimate },
  lowered: LoweredGraph,
  facts: Facts,
  memo: AdviceMemo = new WeakMap(),
): Diagnostic[] {
  const byId = new Map(stages.map((stage) => [stage.id as string, stage]))
  const found = stages.flatMap((stage) => {
    const sets = partsOf(stage.dataset).map((spec) => factsOfSpec(lowered, spec))
    const heldout =
      stage.mode === 'sft' && stage.heldout ? partsOf(stage.heldout).map((spec) => factsOfSpec(lowered, spec)) : []
    const estimate = estimates[stage.id] ?? null
    const parent = parentOf(stage, byId)
    const about = [estimate, parent, facts.models, ...sets, ...heldout]
    const before = memo.get(stage)
    if (before && before.about.length === about.length && before.about.every((item, i) => item === about[i]))
      return before.found
    const view = {
      stage,
      estimate,
      parent,
      rows: stageRows(stage, lowered, facts),
      facts: sets.filter(isKnown),
      heldout: heldout.filter(isKnown),
      known: stage.mode === 'evaluate' ? null : knownModel(stage.model.name),
    }
    // Rules about rows pair datasets with their facts, so they wait until all are there.
    const said = view.facts.length < sets.length ? [] : RULES.flatMap((rule) => rule(view))
    memo.set(stage, { about, found: said })
    return said
  })
  return [
    ...once(found),
    ...leaks(stages, (spec) => factsOfSpec(lowered, spec)),
    ...differentMeasures(stages),
    ...nothingMeasures(stages),
  ]
}

/** Two stages over one model, reward or dataset have the same to say of it. */
function once(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const places = new Set<string>()
  return found.filter(({ code, at }) => {
    const place = `${code} ${JSON.stringify(at)}`
    return !places.has(place) && places.add(place)
  })
}

function parentOf(stage: PipelineConfig, byId: ReadonlyMap<string, PipelineConfig>): TrainStage | null {
  if (stage.mode === 'evaluate' || stage.start.from !== 'stage') return null
  const parent = byId.get(stage.start.stage)
  return parent && parent.mode !== 'evaluate' ? parent : null
}

function isKnown(facts: DatasetFacts | null): facts is DatasetFacts {
  return facts !== null
}
