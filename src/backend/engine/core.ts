/** Everything one thread computes: a base model in wasm memory, and the jobs that take turns over it. */
import { ActivationArena } from './activations.ts'
import { runBackward } from './backward.ts'
import { readBaseWeights } from './baseWeights.ts'
import type { BatchJob } from './datums.ts'
import { extent, runHead, runLayers, runTargets } from './forward.ts'
import { instantiateKernels } from './kernels/kernels.ts'
import type { SimdVariant } from './kernels/kernels.ts'
import { evaluateLoss } from './losses.ts'
import { buildModel } from './model.ts'
import type { Model } from './model.ts'
import { parseModelConfig } from './modelConfig.ts'
import { PackCache } from './packCache.ts'
import type { LoraWeights } from './packCache.ts'
import { Sampler } from './sampler.ts'
import { Turns } from './turns.ts'
import type { ModelFiles } from './engineApi.ts'

export type BatchOutput = {
  /** [positions][targetsPerRow] */
  logprobs: Float32Array
  loss: number
  /** In the adapter's vector layout, alpha / rank included. */
  gradient?: Float32Array
}

export type TopOutput = { tokens: Int32Array; logprobs: Float32Array }

export class Core {
  readonly model: Model
  readonly sampler: Sampler
  readonly turns = new Turns()
  readonly #packs: PackCache
  readonly #arena: ActivationArena

  constructor(model: Model) {
    this.model = model
    this.#packs = new PackCache(model)
    this.#arena = new ActivationArena(model)
    this.sampler = new Sampler(model, this.#packs, this.#arena, this.turns)
  }

  static async load(files: ModelFiles, variant: SimdVariant): Promise<Core> {
    const dims = parseModelConfig(files.config)
    const weights = readBaseWeights(dims, files.weights)
    return new Core(buildModel(dims, weights, await instantiateKernels(variant)))
  }

  /** One piece of work, in the lane of its weights. */
  batch(weights: LoraWeights | null, job: BatchJob): Promise<BatchOutput> {
    // A backward pass does twice the arithmetic of a forward pass.
    const cost = job.tokens.length * (job.gradient ? 3 : 1)
    return this.turns.add(laneOf('batch', weights), cost, () => this.#batch(weights, job))
  }

  /** The k likeliest next tokens after each prefix of one sequence, likeliest first. */
  top(weights: LoraWeights | null, tokens: Int32Array, k: number): Promise<TopOutput> {
    return this.turns.add(laneOf('batch', weights), tokens.length, () => this.#top(weights, tokens, k))
  }

  #batch(weights: LoraWeights | null, job: BatchJob): BatchOutput {
    const { tokens, targetsPerRow } = job
    const acts = this.#arena.reserve({
      ...extent(job.runs),
      targetsPerRow,
      loraPanels: job.gradient ? (weights?.layout.panels ?? 1) : 1,
      keep: job.gradient,
    })
    const packs = this.#packs.use(weights, job.gradient)
    runLayers(this.model, packs, job, acts)
    runHead(this.model, packs, tokens.length, acts)
    const ofRows = runTargets(this.model, job.targets, targetsPerRow, acts)
    const logprobs = positionsFromRows(job, ofRows)
    const slopes = new Float32Array(logprobs.length)
    const loss = evaluateLoss(job.loss, job.config, logprobs, job.inputs, slopes)
    if (!job.gradient || weights === null) return { logprobs, loss }
    const { layout } = weights
    const vectors = this.#packs.vectors(weights)
    runBackward(this.model, packs, job, acts, targetsPerRow, rowsFromPositions(job, slopes), layout, vectors)
    const { heap } = this.model
    heap.kernels.scale(vectors.gradients, layout.floats, layout.scale)
    return { logprobs, loss, gradient: heap.f32(vectors.gradients, layout.floats).slice() }
  }

  #top(weights: LoraWeights | null, tokens: Int32Array, k: number): TopOutput {
    const rows = tokens.length
    const batch = { tokens, runs: [{ length: rows, prefix: null }] }
    const acts = this.#arena.reserve({ rows, longest: rows, targetsPerRow: k, loraPanels: 1, keep: false })
    const packs = this.#packs.use(weights)
    runLayers(this.model, packs, batch, acts)
    runHead(this.model, packs, rows, acts)
    const { vocab } = this.model.dims
    const likeliest = new Int32Array(rows * k)
    for (let t = 0; t < rows; t++) {
      const logits = this.model.heap.f32(acts.logits + t * acts.strides.vocab * 4, vocab)
      const order = Array.from(logits, (_, i) => i).sort((a, b) => logits[b]! - logits[a]! || a - b)
      likeliest.set(order.slice(0, k), t * k)
    }
    return { tokens: likeliest, logprobs: runTargets(this.model, likeliest, k, acts) }
  }

  drop(version: number): void {
    this.#packs.drop(version)
  }
}

/** Lanes are few: one per version of an adapter that is in use, for training and for sampling. */
function laneOf(kind: string, weights: LoraWeights | null): string {
  return `${kind} ${weights?.version ?? 'base'}`
}

/** A shared row's values go to every position that it computes. */
function positionsFromRows({ rowOf, targetsPerRow: k }: BatchJob, values: Float32Array): Float32Array {
  const out = new Float32Array(rowOf.length * k)
  for (let i = 0; i < out.length; i++) out[i] = values[rowOf[Math.floor(i / k)]! * k + (i % k)]!
  return out
}

/** The slopes of all positions that share a row add up in it. */
function rowsFromPositions({ rowOf, targets, targetsPerRow: k }: BatchJob, slopes: Float32Array): Float32Array {
  const out = new Float32Array(targets.length)
  for (let i = 0; i < slopes.length; i++) out[rowOf[Math.floor(i / k)]! * k + (i % k)]! += slopes[i]!
  return out
}
