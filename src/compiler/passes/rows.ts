/** Data-aware checks about rows: parts that are empty and answers that are missing. */
import type { Diagnostic, Fix, Locus } from '../../base/diagnostic.ts'
import { countPart } from '../../base/rowPart.ts'
import { comparesAnswer } from '../../ir/comparesAnswer.ts'
import { partsOf } from '../../ir/dataset.ts'
import type { DatasetFacts, DatasetSpec } from '../../ir/dataset.ts'
import type { PipelineConfig } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import { factsOfSpec } from './lower.ts'
import type { LoweredGraph } from './lower.ts'
import { firstAnswers, perBound, specsOfStage } from './stageRows.ts'
import type { StageRows } from './stageRows.ts'

/** Rows held out when somebody wires the held-out port and has not said how many: a tenth, at least one. */
const HELDOUT_SHARE = 10

export function emptyPart(stage: PipelineConfig, lowered: LoweredGraph): Diagnostic | null {
  for (const spec of specsOfStage(stage)) {
    const facts = factsOfSpec(lowered, spec)
    if (!facts || countPart(facts.usable, spec) > 0) continue
    const heldout = spec.part === 'heldout'
    const message = heldout
      ? `“${stage.title}” is given held-out rows, but its dataset holds none out.`
      : `“${stage.title}” gets no row to work on.`
    const at: Locus = {
      on: 'port',
      node: stage.node,
      port: partsOf(stage.dataset).includes(spec) ? 'dataset' : 'heldout',
    }
    const related: Locus[] = [{ on: 'field', node: spec.node, field: 'heldoutRows' }]
    return compilerDiagnostic('CM3401', at, message, { related, ...(heldout ? { fix: holdOut(spec, facts) } : {}) })
  }
  return null
}

function holdOut(spec: DatasetSpec, facts: DatasetFacts): Fix {
  const value = Math.max(1, Math.floor(facts.usable / HELDOUT_SHARE))
  return {
    title: `Hold out ${value}`,
    command: 'node.setParams',
    args: { node: spec.node, field: 'heldoutRows', value },
  }
}

/**
 * Rows that the stage will really work with: the loops leave out rows without the answer that they need, SFT also those
 * whose answers are cut away, RL also prompts that leave no room for an answer. Exact when tokens were counted.
 */
export function workingRows(stage: PipelineConfig, { facts, rows, tokens }: StageRows): number {
  const need = answerNeed(stage) !== null
  const every = learnsFromEvery(stage)
  if (!tokens) return need ? Math.floor((rows * (every ? facts.learnable : facts.withAnswer)) / facts.usable) : rows
  if (!need) return promptsWithin(tokens, longestPrompt(stage))
  return (every ? begunWithin : answeredWithin)(tokens, longestPrompt(stage))
}

const promptsWithin = perBound(({ prompt }, longest) => prompt.filter((tokens) => tokens <= longest).length)

const answeredWithin = perBound(
  ({ prompt, completion }, longest) => prompt.filter((tokens, i) => completion[i]! > 0 && tokens <= longest).length,
)

const begunWithin = perBound(
  (tokens, longest) => firstAnswers(tokens).filter((start) => start >= 0 && start <= longest).length,
)

/** An earlier answer is enough, also where the last one is cut away or followed by a question. */
export function learnsFromEvery(stage: PipelineConfig): boolean {
  return stage.mode === 'sft' && stage.sft.trainOnWhat === 'all_assistant_messages'
}

/** Longest prompt, in tokens, that leaves something to do. */
function longestPrompt(stage: PipelineConfig): number {
  if (stage.mode === 'rl') return stage.hyperparameters.maxSequenceLength - stage.rl.sampling.maxTokens
  if (stage.mode === 'sft' && stage.sft.trainOnWhat !== 'all_tokens') return stage.hyperparameters.maxSequenceLength - 1
  return Infinity
}

/** SFT learns from answers, and some graders compare with them. Rows without one teach or earn nothing. */
export function answerProblems(stage: PipelineConfig, { facts }: StageRows): Diagnostic[] {
  const need = answerNeed(stage)
  const answered = learnsFromEvery(stage) ? facts.learnable : facts.withAnswer
  const without = facts.usable - answered
  if (!need || without === 0) return []
  const at: Locus = { on: 'port', node: stage.node, port: 'dataset' }
  const related: Locus[] = [{ on: 'field', node: stage.dataset.node, field: 'mapping' }]
  if (answered === 0) {
    const message = `No row of the dataset has an answer, but ${need}. Say which column holds the answer.`
    return [compilerDiagnostic('CM3402', at, message, { related })]
  }
  const message = `${without} of ${facts.usable} rows have no answer, but ${need}; those rows are left out.`
  return [compilerDiagnostic('CM3403', at, message, { related, data: { without, rows: facts.usable } })]
}

function answerNeed(stage: PipelineConfig): string | null {
  if (stage.mode === 'sft') {
    return stage.sft.trainOnWhat === 'all_tokens' ? null : `“${stage.title}” learns from answers`
  }
  const rewards = stage.mode === 'rl' ? stage.rl.rewards : stage.evaluation.rewards
  const comparing = rewards.find(comparesAnswer)
  return comparing ? `“${comparing.title}” compares with it` : null
}
