/** Pass 7: what experience says of a plan that would run. Each rule is a function of one training stage, or of all stages. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { DatasetFacts, DatasetSpec } from '../../ir/dataset.ts'
import type { Decision, PipelineConfig, TrainStage } from '../../ir/pipelineConfig.ts'
import { Alikes } from '../passes/alike.ts'
import type { Counted } from '../passes/estimate.ts'
import { factsOfSpec } from '../passes/lower.ts'
import type { LoweredGraph } from '../passes/lower.ts'
import type { Verified } from '../passes/verify.ts'
import { leaks } from './leaks.ts'
import { batchSize, fewSteps, manyEpochs, manyPasses, manyRollouts } from './lengths.ts'
import { knownModel } from './lineup.ts'
import {
  chatMarkersOnBase,
  cutAnswers,
  foreignFormat,
  hugeRank,
  littleRank,
  retiringModel,
  shortThoughts,
  smallRank,
} from './models.ts'
import { dearHeldout, differentMeasures, nothingMeasures, savesExpire, savesForEver, sftAfterRl } from './order.ts'
import { clippedSums, fastWithoutKl, rateAfterSft, rateOfRl, rateOfSft, scaledRates } from './rates.ts'
import { formOutweighs } from './rewards.ts'
import { earlierAnswers, emptyThoughts, markersInText, oddTurns, repeatedRows, thinkingThrownAway } from './rows.ts'
import type { LookedInto, RlRule, SftRule, StageView } from './rule.ts'

const SFT_RULES: readonly SftRule[] = [
  ...[rateOfSft, clippedSums],
  ...[fewSteps, manyEpochs, batchSize],
  ...[chatMarkersOnBase, foreignFormat, retiringModel, hugeRank, littleRank, smallRank],
  ...[repeatedRows, markersInText, oddTurns, thinkingThrownAway, emptyThoughts, earlierAnswers],
  ...[sftAfterRl, savesForEver, dearHeldout],
]

const RL_RULES: readonly RlRule[] = [
  ...[rateOfRl, rateAfterSft, fastWithoutKl, clippedSums],
  ...[fewSteps, manyPasses, manyRollouts],
  formOutweighs,
  ...[chatMarkersOnBase, foreignFormat, retiringModel, hugeRank, shortThoughts, cutAnswers],
  ...[repeatedRows, markersInText, oddTurns],
  savesForEver,
]

const NONE: readonly Diagnostic[] = []

/** Leaves in each record what was said of its stage; the same again needs no second look. */
export function advise({ records, stages, byId, decisions }: Verified, lowered: LoweredGraph): Diagnostic[] {
  const found: Diagnostic[] = []
  const alikes = new Alikes()
  for (const record of records) {
    const { stage, counted } = record
    if (!counted || stage.mode === 'evaluate') continue
    const parent = parentOf(stage, byId, decisions)
    let advice = record.advice
    if (!advice || advice.counted !== counted || advice.parent !== parent) {
      const silent = alikes.find(stage, parent) !== null
      advice = { counted, parent, found: silent ? NONE : adviceFor(stage, counted, parent) }
      record.advice = advice
      if (!silent && advice.found.length === 0) alikes.keep(record)
    }
    if (advice.found.length > 0) found.push(...advice.found)
  }
  return [
    ...once(found),
    ...leaks(stages, (spec) => factsOfSpec(lowered, spec)),
    ...scaledRates(stages),
    ...savesExpire(stages),
    ...differentMeasures(stages),
    ...nothingMeasures(stages),
  ]
}

function adviceFor(
  stage: TrainStage,
  { facts, rows, estimate }: Counted,
  parent: TrainStage | null,
): readonly Diagnostic[] {
  const read = readOf(stage.dataset, facts)
  // Rules about rows pair datasets with their facts, so they wait until all are there.
  if (!read) return NONE
  const { trained, sets } = read
  const known = knownModel(stage.model.name)
  return stage.mode === 'sft'
    ? said(SFT_RULES, { stage, estimate, parent, rows, facts: trained, sets, known })
    : said(RL_RULES, { stage, estimate, parent, rows, facts: trained, sets, known })
}

function said<S extends TrainStage>(
  rules: readonly ((view: StageView<S>) => readonly Diagnostic[])[],
  view: StageView<S>,
): readonly Diagnostic[] {
  let found = NONE
  for (const rule of rules) {
    const more = rule(view)
    if (more.length > 0) found = [...found, ...more]
  }
  return found
}

type Read = { readonly trained: readonly DatasetFacts[]; readonly sets: readonly LookedInto[] }

/** Most trainers of a drawing share their rows. */
const reads = new WeakMap<DatasetSpec, Read>()

/** @param facts those of the dataset's parts come first */
function readOf(dataset: DatasetSpec, facts: readonly (DatasetFacts | null)[]): Read | null {
  const before = reads.get(dataset)
  if (before?.trained.every((known, i) => known === facts[i])) return before
  const trained: DatasetFacts[] = []
  const sets: LookedInto[] = []
  for (const [i, spec] of partsOf(dataset).entries()) {
    const known = facts[i]
    if (!known) return null
    trained.push(known)
    if (known.content) sets.push([spec, known, known.content])
  }
  const read = { trained, sets }
  reads.set(dataset, read)
  return read
}

/** Two stages over one model, reward or dataset have the same to say of it. */
function once(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const places = new Set<string>()
  return found.filter(({ code, at }) => {
    const place = `${code} ${JSON.stringify(at)}`
    return !places.has(place) && places.add(place)
  })
}

/** Of a choice the candidate that learned fastest: what holds against it holds against all. */
function parentOf(
  stage: TrainStage,
  byId: ReadonlyMap<string, PipelineConfig>,
  decisions: readonly Decision[],
): TrainStage | null {
  const { start } = stage
  if (start.from === 'base') return null
  if (start.from === 'stage') return trainer(byId.get(start.stage))
  const choice = decisions.find(({ id }) => id === start.decision)
  let fastest: TrainStage | null = null
  for (const { source } of choice?.type === 'best-of' ? choice.candidates : []) {
    const one = source.from === 'stage' ? trainer(byId.get(source.stage)) : null
    if (one && !(fastest && fastest.hyperparameters.learningRate >= one.hyperparameters.learningRate)) fastest = one
  }
  return fastest
}

function trainer(stage: PipelineConfig | undefined): TrainStage | null {
  return stage && stage.mode !== 'evaluate' ? stage : null
}
