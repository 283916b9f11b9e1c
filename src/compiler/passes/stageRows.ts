/** The rows that a stage gets, over all parts of a mix: how many, with what facts, and their tokens where they were counted. */
import { countPart, indicesOfPart } from '../../base/rowPart.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { DatasetFacts, DatasetSpec, Facts } from '../../ir/dataset.ts'
import type { PipelineConfig } from '../../ir/pipelineConfig.ts'
import { factsOfSpec } from './lower.ts'
import type { LoweredGraph } from './lower.ts'

/** What the checks of one stage look at. */
export type StageRows = {
  /** Of the dataset, or of all datasets of a mix together. */
  readonly facts: Pick<DatasetFacts, 'usable' | 'withAnswer'>
  /** Rows of the stage's part. */
  readonly rows: number
  /** Tokens of those rows as the stage's model counts them; null when nobody counted with it. */
  readonly tokens: { readonly prompt: readonly number[]; readonly completion: readonly number[] } | null
  /** What the model can read at most; null when the backend does not say. */
  readonly maxContext: number | null
}

/** Every dataset that a stage reads, mixes taken apart. */
export function specsOfStage(stage: PipelineConfig): readonly DatasetSpec[] {
  const heldout = stage.mode === 'sft' && stage.heldout ? partsOf(stage.heldout) : []
  return [...partsOf(stage.dataset), ...heldout]
}

/** Null while the rows of one of the parts are unknown. */
export function stageRows(stage: PipelineConfig, lowered: LoweredGraph, facts: Facts): StageRows | null {
  const model = stage.mode === 'evaluate' ? stage.evaluation.policies[0]!.model.name : stage.model.name
  const parts = partsOf(stage.dataset).map((spec) => ({ spec, facts: factsOfSpec(lowered, spec) }))
  let usable = 0
  let withAnswer = 0
  let rows = 0
  let tokens: StageRows['tokens'] = { prompt: [], completion: [] }
  for (const { spec, facts: known } of parts) {
    if (!known) return null
    usable += known.usable
    withAnswer += known.withAnswer
    rows += countPart(known.usable, spec)
    const counted = tokensOf(known, spec, model)
    tokens =
      tokens && counted
        ? {
            prompt: parts.length === 1 ? counted.prompt : [...tokens.prompt, ...counted.prompt],
            completion: parts.length === 1 ? counted.completion : [...tokens.completion, ...counted.completion],
          }
        : null
  }
  const maxContext = facts.models?.find((m) => m.name === model)?.maxContext ?? null
  return { facts: { usable, withAnswer }, rows, tokens, maxContext }
}

export function tokensOf(facts: DatasetFacts, spec: DatasetSpec, model: string): StageRows['tokens'] {
  const { tokens } = facts
  if (!tokens || tokens.model !== model || tokens.prompt.length < facts.usable) return null
  const indices = indicesOfPart(facts.usable, spec)
  return {
    prompt: indices.map((i) => tokens.prompt[i]!),
    completion: indices.map((i) => tokens.completion[i] ?? 0),
  }
}
