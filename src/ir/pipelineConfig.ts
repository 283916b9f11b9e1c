/** The IR of one stage. A superset of Tinker Studio's PipelineConfig; only data, nothing that a person edits by hand. */
import type { DecisionId, NodeId, StageId } from '../base/ids.ts'
import type { Spent } from './cost.ts'
import type { DatasetSpec } from './dataset.ts'

/** 2: plans hold fingerprints, decisions, conditions and pins; `upgradePlan.ts` reads older ones. */
export const IR_VERSION = 2
/**
 * Version of the training and evaluation loops: raised when the same stage would give other numbers, so that results of
 * older loops are not taken for those of newer ones.
 */
export const LOOP_VERSION = 1

export type ModelSpec = {
  /** Node that defines it. */
  readonly node: NodeId
  readonly name: string
  /** LoRA rank, a power of two. */
  readonly loraRank: number
  /** Seed of the adapter's initialisation. */
  readonly seed: number
  readonly trainAttn: boolean
  readonly trainMlp: boolean
  readonly trainUnembed: boolean
}

/** Which weights a stage starts from or an evaluation looks at. */
export type PolicySource =
  | { readonly from: 'base' }
  | {
      readonly from: 'stage'
      readonly stage: StageId
      /** `final`, or the name of a checkpoint node's save. */
      readonly checkpoint: string
      readonly load: Load
    }
  /** The policy that a best-of picks while the run goes on. */
  | { readonly from: 'decision'; readonly decision: DecisionId; readonly load: Load }

/** What a trainer takes over: the weights alone, or Adam's moments, too. */
export type Load = 'weights' | 'weights-and-optimizer'

export type TrainOnWhat = 'last_assistant_message' | 'all_assistant_messages' | 'all_tokens'
export type Schedule = 'constant' | 'linear' | 'cosine'
export type LossFn = 'cross_entropy' | 'importance_sampling' | 'ppo'

export type AdamSpec = {
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  readonly weightDecay: number
  /** 0 = no clipping. */
  readonly gradClipNorm: number
}

export type Hyperparameters = {
  readonly learningRate: number
  readonly schedule: Schedule
  /** Share of the optimizer steps spent warming up, 0…1. */
  readonly warmupRatio: number
  /** SFT: rows of one forward_backward. RL: prompts (groups) of one step. */
  readonly batchSize: number
  readonly epochs: number
  /** forward_backward calls per optimizer step (SFT) */
  readonly gradientAccumulation: number
  /** Stops earlier when > 0. */
  readonly maxSteps: number
  /** Tokens per sequence; longer ones are truncated (SFT) or dropped (RL prompts). */
  readonly maxSequenceLength: number
  /** Seed of shuffling and of sampling. */
  readonly seed: number
  readonly adam: AdamSpec
}

export type RewardSpec = {
  readonly node: NodeId
  readonly title: string
  readonly weight: number
  readonly grader: GraderSpec
}

export type GraderSpec =
  | { readonly type: 'exact'; readonly caseSensitive: boolean; readonly stripPunctuation: boolean }
  | { readonly type: 'numeric'; readonly tolerance: number }
  /** 1 when the pattern matches; with `compareGroup`, 1 when that group equals the row's answer. */
  | { readonly type: 'regex'; readonly pattern: string; readonly flags: string; readonly compareGroup: boolean }
  /** 1 inside [min, max], falling linearly to 0 over `falloff`; `unit` characters or words. */
  | {
      readonly type: 'length'
      readonly min: number
      readonly max: number
      readonly falloff: number
      readonly unit: 'characters' | 'words'
    }

export type SamplingSpec = {
  readonly temperature: number
  readonly topP: number
  readonly maxTokens: number
}

export type RlSpec = {
  readonly groupSize: number
  readonly sampling: SamplingSpec
  readonly loss: 'importance_sampling' | 'ppo'
  /** Clip thresholds of ppo: ratio kept in [low, high] where the objective clips. */
  readonly clipLow: number
  readonly clipHigh: number
  /** Coefficient of the KL penalty against the start policy, added to the advantages; 0 = off. */
  readonly klCoef: number
  readonly klDiscount: number
  /** Optimizer steps per batch of rollouts. */
  readonly substeps: number
  readonly removeConstantGroups: boolean
  readonly normalizeAdvantages: boolean
  readonly rewards: readonly RewardSpec[]
}

export type SftSpec = {
  readonly trainOnWhat: TrainOnWhat
  /** Held-out loss every n optimizer steps (and before the first and after the last); 0 = only before and after. */
  readonly evalEvery: number
}

/** One save rule. `every` in optimizer steps, 0 = only at the end. `ttlSeconds` null = kept. */
export type CheckpointSpec = {
  readonly node: NodeId | null
  readonly name: string
  readonly every: number
  readonly ttlSeconds: number | null
}

export type EvaluationSpec = {
  readonly policies: readonly EvaluatedPolicy[]
  readonly rewards: readonly RewardSpec[]
  readonly sampling: SamplingSpec
  /** Answers drawn per row. */
  readonly samplesPerRow: number
  readonly seed: number
}

export type EvaluatedPolicy = {
  readonly label: string
  readonly node: NodeId
  readonly model: ModelSpec
  readonly source: PolicySource
  /** Gates on the way to it; where one does not hold, the policy is left out. */
  readonly conditions: readonly Condition[]
}

type StageBase = {
  readonly irVersion: number
  /** Stable across edits elsewhere: derived from the node that makes the stage. */
  readonly id: StageId
  readonly node: NodeId
  readonly title: string
  readonly renderer: string
  readonly dependsOn: readonly StageId[]
  readonly dataset: DatasetSpec
  /** All must hold, or the stage is skipped: the gates on the way to it. */
  readonly conditions: readonly Condition[]
  /** Key of an earlier result that stands for this stage, whatever its settings say now; null when it is not pinned. */
  readonly pin: string | null
}

export type Condition = { readonly decision: DecisionId; readonly outcome: GateOutcome }
export type GateOutcome = 'passed' | 'failed'

export type SftStage = StageBase & {
  readonly mode: 'sft'
  readonly model: ModelSpec
  readonly start: PolicySource
  readonly heldout: DatasetSpec | null
  readonly hyperparameters: Hyperparameters
  readonly sft: SftSpec
  readonly checkpointing: readonly CheckpointSpec[]
}

export type RlStage = StageBase & {
  readonly mode: 'rl'
  readonly model: ModelSpec
  readonly start: PolicySource
  readonly hyperparameters: Hyperparameters
  readonly rl: RlSpec
  readonly checkpointing: readonly CheckpointSpec[]
}

export type EvaluateStage = StageBase & { readonly mode: 'evaluate'; readonly evaluation: EvaluationSpec }

export type PipelineConfig = SftStage | RlStage | EvaluateStage
export type TrainStage = SftStage | RlStage

/** Taken between stages, from the scores of an evaluation; costs nothing. */
export type Decision = GateDecision | BestOfDecision

type DecisionBase = {
  readonly id: DecisionId
  readonly node: NodeId
  readonly title: string
  /** The stage whose scores decide. */
  readonly evaluation: StageId
  readonly conditions: readonly Condition[]
}

export type GateDecision = DecisionBase & {
  readonly type: 'gate'
  /** Label of the policy in the evaluation that is looked at. */
  readonly policy: string
  readonly comparison: 'at-least' | 'at-most'
  readonly threshold: number
  /** Label of a policy whose score is added to the threshold; null compares with the threshold itself. */
  readonly against: string | null
}

export type BestOfDecision = DecisionBase & {
  readonly type: 'best-of'
  readonly goal: 'highest' | 'lowest'
  /** In the order of the evaluation; the first wins a tie. */
  readonly candidates: readonly EvaluatedPolicy[]
}

/** Numbers known before a run, from real rows. */
export type StageEstimate = {
  readonly stage: StageId
  readonly rows: number
  readonly stepsPerEpoch: number
  readonly optimizerSteps: number
  readonly trainTokens: number | null
  readonly rollouts: number
  readonly maxSampledTokens: number
  /** Rows of the part that the stage leaves out: without an answer, or with no room for one. */
  readonly dropped: number
  /** Tokens by what the service bills, as a range; null where nobody counted the rows. */
  readonly tokens: { readonly low: Spent; readonly high: Spent } | null
  /** Saves that stay when the stage has ended, and roughly what they take: training state and sampler weights together. */
  readonly saves: number
}

/** What a parameter of a drawing can be. */
export type Scalar = string | number | boolean

/** Why a stage of the plan is there more than once, or not where a person would look for it. */
export type Variant = {
  /** The sweep's node, and the values that this copy was given. */
  readonly sweep: NodeId
  readonly trial: number
  readonly values: { readonly [parameter: string]: Scalar }
}

/** The ordered stages with their content hashes and estimates. */
export type Plan = {
  readonly irVersion: number
  readonly title: string
  /** In an order that respects dependsOn; ties by position-independent node id. */
  readonly stages: readonly PipelineConfig[]
  /** In an order in which each stands behind the stage and the decisions that it needs. */
  readonly decisions: readonly Decision[]
  /** SHA-256 (hex) of the rows behind each dataset, by `datasetKey` of its spec; rows that nobody read are absent. */
  readonly fingerprints: { readonly [dataset: string]: string }
  /** The card of the document behind a node of the plan that lies inside a group; nodes that are cards are absent. */
  readonly cards: { readonly [node: string]: NodeId }
  /** Trials of sweeps, by stage id; stages that stand alone are absent. */
  readonly variants: { readonly [stage: string]: readonly Variant[] }
  /** SHA-256 (hex) of a stage's IR with its parents' hashes and dataset fingerprints, by stage id. */
  readonly hashes: { readonly [stage: string]: string }
  readonly estimates: { readonly [stage: string]: StageEstimate }
  readonly hash: string
}
