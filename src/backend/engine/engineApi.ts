/** The engine's public types. Arrays over a sequence have its length T; position i of `tokens` predicts `targets[i]`. */
import type { SpawnWorker } from './shardPort.ts'

export type ModelFiles = {
  /** Parsed `config.json` of a Qwen3 decoder. */
  config: unknown
  /** Bytes of `model.safetensors` in F32, F16 or BF16 with Hugging Face names. */
  weights: Uint8Array
}

export type LoraShape = {
  /** A power of two from 1 to 64. */
  rank: number
  /** The adapter is added as (alpha / rank) · B·A. */
  alpha: number
  seed: number
  trainAttn: boolean
  trainMlp: boolean
  trainUnembed: boolean
}

export type EngineOptions = {
  /** Number of data-parallel workers; needs `spawn`. Without, everything runs on the calling thread in small pieces. */
  shards?: number
  spawn?: SpawnWorker
  /** `strict` gives the same bits on every machine; `auto` takes fused multiply-add where it compiles. */
  simd?: 'auto' | 'strict'
}

declare const adapterBrand: unique symbol
export type AdapterId = string & { readonly [adapterBrand]: true }

export type Datum = {
  tokens: Int32Array
  /** Length T, or T·K row-major when `targetsPerToken` is K (cross_entropy only: soft targets). */
  targets: Int32Array
  targetsPerToken?: number
  /** cross_entropy: weight of each target; all ones when absent. */
  weights?: Float32Array
  /** RL losses: log-probability under the policy that sampled. */
  logprobs?: Float32Array
  advantages?: Float32Array
  /** RL losses: factor of each token's loss; all ones when absent. */
  mask?: Float32Array
}

export type LossName = 'cross_entropy' | 'importance_sampling' | 'ppo' | 'cispo' | 'dro'

/** `clip_low_threshold`, `clip_high_threshold` (ppo, cispo) and `beta` (dro); other keys are refused. */
export type LossConfig = Readonly<Record<string, number>>

export type AdamParams = {
  learningRate: number
  beta1: number
  beta2: number
  eps: number
  /** Decoupled, as in AdamW. */
  weightDecay: number
  /** Largest global norm of the accumulated gradient; 0 switches clipping off. */
  gradClipNorm: number
}

export type BatchResult = {
  /** Per datum, log p of each target (length T or T·K). */
  logprobs: Float32Array[]
  /** Sum over tokens and datums. */
  loss: number
  metrics: Record<string, number>
}

export type OptimResult = {
  /** Global norm of the gradient before clipping. */
  gradNorm: number
  /** Norm of the change of the parameters. */
  updateNorm: number
  /** Steps taken so far by this adapter, this one included. */
  step: number
}

export type AdapterTensor = { shape: readonly [number, number]; data: Float32Array }

/** An adapter at rest. Names and shapes are PEFT's; Adam's moments carry the same names. Structured-cloneable. */
export type AdapterState = {
  shape: LoraShape
  tensors: Record<string, AdapterTensor>
  optimizer?: { step: number; m: Record<string, Float32Array>; v: Record<string, Float32Array> }
}

export type SampleParams = {
  maxTokens: number
  /** 0 takes the most likely token. */
  temperature: number
  /** Keep the smallest set of tokens whose probability reaches this; 1 keeps all. Applied after `topK`. */
  topP: number
  /** Keep this many tokens; −1 or 0 keeps all. */
  topK: number
  /** Absent: a random one. Sample i of n uses its own stream of the seed. */
  seed?: number
  stopTokens: readonly number[]
  stopSequences: readonly (readonly number[])[]
}

export type SampledSequence = {
  /** Without the prompt; a stop token or stop sequence is included. */
  tokens: Int32Array
  /**
   * Log-probability of each token in the distribution that it was drawn from (after temperature, top-k and top-p).
   * At temperature 0, where that would be 0 throughout, those of the model's own distribution.
   */
  logprobs: Float32Array
  stopReason: 'stop' | 'length'
}

export type EngineInfo = {
  parameters: number
  layers: number
  vocabSize: number
  maxContext: number
  simd: 'strict' | 'relaxed'
  /** Workers in use; 1 when everything runs on the calling thread. */
  shards: number
}

/** `id` null means the base model. Every call may reject with an EngineError. */
export interface Engine {
  readonly info: EngineInfo
  createAdapter(shape: LoraShape): AdapterId
  /** A frozen copy without optimizer; costs nothing until the original trains on. */
  snapshotAdapter(id: AdapterId): AdapterId
  dropAdapter(id: AdapterId): void
  /** Trained parameters of an adapter. */
  adapterParameters(id: AdapterId): number
  forward(id: AdapterId | null, data: readonly Datum[], loss: LossName, config?: LossConfig): Promise<BatchResult>
  /** Adds the gradient to the adapter's accumulator; nothing is added if the call fails. */
  forwardBackward(id: AdapterId, data: readonly Datum[], loss: LossName, config?: LossConfig): Promise<BatchResult>
  /** One AdamW step with the accumulated gradient, which is then zero again. */
  optimStep(id: AdapterId, adam: AdamParams): Promise<OptimResult>
  exportAdapter(id: AdapterId, options: { optimizer: boolean }): Promise<AdapterState>
  importAdapter(state: AdapterState): Promise<AdapterId>
  /** Replaces an adapter's weights (and Adam's state, or a fresh one) in place; shapes must agree. */
  restoreAdapter(id: AdapterId, state: AdapterState): Promise<void>
  /** `n` continuations of one prompt; concurrent calls share batches. */
  sample(
    id: AdapterId | null,
    prompt: Int32Array,
    n: number,
    params: SampleParams,
    signal?: AbortSignal,
  ): Promise<SampledSequence[]>
  /** [0] is NaN, then log p(token i | tokens before i). */
  promptLogprobs(id: AdapterId | null, tokens: Int32Array): Promise<Float32Array>
  /** The k likeliest tokens for each position, [T][k] row-major, most likely first; row 0 is padding (0, −99999). */
  promptTopLogprobs(
    id: AdapterId | null,
    tokens: Int32Array,
    k: number,
  ): Promise<{ tokens: Int32Array; logprobs: Float32Array }>
  close(): void
}
