/** Small plans over the Pig Latin lesson: seconds to run, real to the last step. */
import { readFileSync } from 'node:fs'
import type { NodeId, StageId } from '../../base/ids.ts'
import type { DatasetSpec } from '../../ir/dataset.ts'
import type {
  EvaluateStage,
  Hyperparameters,
  ModelSpec,
  PipelineConfig,
  Plan,
  RewardSpec,
  RlSpec,
  RlStage,
  SftStage,
} from '../../ir/pipelineConfig.ts'
import { planHashes } from '../../ir/hash.ts'
import { IR_VERSION } from '../../ir/pipelineConfig.ts'
import { SMALL, TINY } from './trainingHost.ts'

const set = (name: string): string =>
  readFileSync(new URL(`../../../nodes/dataset/sets/${name}.jsonl`, import.meta.url), 'utf8')

export const LESSON = {
  sft: set('pig-latin-sft'),
  prompts: set('pig-latin-prompts'),
  heldout: set('pig-latin-heldout'),
}

export const MODEL: ModelSpec = {
  node: 'n_model' as NodeId,
  name: TINY,
  loraRank: 8,
  seed: 3,
  trainAttn: true,
  trainMlp: true,
  trainUnembed: false,
}

export const SMALL_MODEL: ModelSpec = { ...MODEL, name: SMALL, loraRank: 4 }

export function dataset(name: string, part: Partial<DatasetSpec> = {}): DatasetSpec {
  return {
    source: { type: 'builtin', name },
    mapping: { type: 'auto' },
    node: 'n_data',
    systemPrompt: '',
    part: 'all',
    heldoutRows: 0,
    splitSeed: 1,
    limit: 0,
    ...part,
  }
}

export const HYPER: Hyperparameters = {
  learningRate: 1e-3,
  schedule: 'linear',
  warmupRatio: 0,
  batchSize: 8,
  epochs: 1,
  gradientAccumulation: 1,
  maxSteps: 0,
  maxSequenceLength: 128,
  seed: 7,
  adam: { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0, gradClipNorm: 0 },
}

export const EXACT: RewardSpec = {
  node: 'n_reward' as NodeId,
  title: 'Exact',
  weight: 1,
  grader: { type: 'exact', caseSensitive: true, stripPunctuation: false },
}

/** Falls with every letter: mixed in nearly every group, so that tiny runs always have a gradient. */
export const SHORT: RewardSpec = {
  node: 'n_short' as NodeId,
  title: 'Short',
  weight: 1,
  grader: { type: 'length', min: 0, max: 0, falloff: 40, unit: 'characters' },
}

type Base = 'irVersion' | 'id' | 'node' | 'title' | 'renderer' | 'dependsOn' | 'conditions' | 'pin'

const base = (id: string): Pick<PipelineConfig, Base> => ({
  irVersion: IR_VERSION,
  id: id as StageId,
  node: id as NodeId,
  title: id,
  renderer: 'tunegraph',
  dependsOn: [],
  conditions: [],
  pin: null,
})

export function sftStage(
  changes: Partial<Omit<SftStage, 'hyperparameters'>> & { hyperparameters?: Partial<Hyperparameters> } = {},
): SftStage {
  return {
    ...base('sft'),
    mode: 'sft',
    model: MODEL,
    dataset: dataset('sft', { limit: 48 }),
    start: { from: 'base' },
    heldout: dataset('heldout', { limit: 16 }),
    sft: { trainOnWhat: 'all_assistant_messages', evalEvery: 2 },
    checkpointing: [],
    ...changes,
    hyperparameters: { ...HYPER, ...changes.hyperparameters },
  }
}

export function rlStage(
  changes: Partial<Omit<RlStage, 'hyperparameters' | 'rl'>> & {
    hyperparameters?: Partial<Hyperparameters>
    rl?: Partial<RlSpec>
  } = {},
): RlStage {
  return {
    ...base('rl'),
    mode: 'rl',
    model: MODEL,
    dataset: dataset('prompts', { limit: 16 }),
    start: { from: 'base' },
    checkpointing: [],
    ...changes,
    hyperparameters: { ...HYPER, batchSize: 4, schedule: 'constant', ...changes.hyperparameters },
    rl: {
      groupSize: 4,
      sampling: { temperature: 1, topP: 1, maxTokens: 12 },
      loss: 'importance_sampling',
      clipLow: 0.8,
      clipHigh: 1.2,
      klCoef: 0,
      klDiscount: 0,
      substeps: 1,
      removeConstantGroups: false,
      normalizeAdvantages: false,
      rewards: [SHORT],
      ...changes.rl,
    },
  }
}

export function evaluateStage(changes: Partial<EvaluateStage> = {}): EvaluateStage {
  return {
    ...base('evaluate'),
    mode: 'evaluate',
    dataset: dataset('heldout', { limit: 16 }),
    evaluation: {
      policies: [{ label: 'base', node: 'n_model' as NodeId, model: MODEL, source: { from: 'base' }, conditions: [] }],
      rewards: [EXACT],
      sampling: { temperature: 0, topP: 1, maxTokens: 12 },
      samplesPerRow: 1,
      seed: 5,
    },
    ...changes,
  }
}

/** The same stage on the small random model: for what does not depend on learning anything. */
export function small<S extends PipelineConfig>(stage: S): S {
  if (stage.mode === 'evaluate') {
    const policies = stage.evaluation.policies.map((policy) => ({ ...policy, model: SMALL_MODEL }))
    return { ...stage, renderer: 'role_colon', evaluation: { ...stage.evaluation, policies } }
  }
  const model = { ...stage.model, name: SMALL, loraRank: Math.min(stage.model.loraRank, 4) }
  const maxSequenceLength = Math.min(stage.hyperparameters.maxSequenceLength, 64)
  return { ...stage, model, renderer: 'role_colon', hyperparameters: { ...stage.hyperparameters, maxSequenceLength } }
}

export function planOf(...stages: readonly PipelineConfig[]): Plan {
  const empty = { decisions: [], fingerprints: {}, cards: {}, variants: {}, estimates: {} }
  return {
    irVersion: IR_VERSION,
    title: 'Test',
    stages,
    ...empty,
    hashes: planHashes(stages, [], {}),
    hash: '',
  }
}
