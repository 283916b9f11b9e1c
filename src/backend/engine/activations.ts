/** The intermediate results of one micro-batch: every layer's when a backward pass follows, else one layer's over and over. */
import type { Model } from './model.ts'
import { pad16 } from './linears.ts'

/** Row strides are one cache line longer than the row: a stride of a power of two maps a column to few cache sets. */
const EXTRA = 16

export type Strides = { hidden: number; q: number; qkv: number; qk: number; ffn: number; gateUp: number; vocab: number }

export type LayerActivations = {
  /** Input of the layer; `middle` after attention. */
  x: number
  xInverse: number
  h1: number
  qkv: number
  /** Queries and keys after norm and rotation. */
  qk: number
  qInverse: number
  kInverse: number
  o: number
  middle: number
  middleInverse: number
  h2: number
  gateUp: number
  act: number
}

export type Activations = {
  rows: number
  longest: number
  strides: Strides
  layers: LayerActivations[]
  out: number
  outInverse: number
  final: number
  logits: number
  tokens: number
  positions: number
  targets: number
  logprobs: number
  /** Floats reserved per row for targets and their log-probabilities. */
  targetsPerRow: number
  panels: number
  scores: number
  scoreGradients: number
  scoreStride: number
  backward: BackwardBuffers | null
}

export type BackwardBuffers = {
  dx: number
  dh: number
  dAct: number
  dQkv: number
  u: number
  v: number
  lossGradient: number
}

export type ActivationNeeds = {
  rows: number
  longest: number
  targetsPerRow: number
  loraPanels: number
  keep: boolean
}

export function rowStrides(model: Model): Strides {
  const { dims } = model
  const q = dims.heads * dims.headSize
  const kv = dims.kvHeads * dims.headSize
  return {
    hidden: dims.hidden + EXTRA,
    q: q + EXTRA,
    qkv: q + 2 * kv + EXTRA,
    qk: q + kv + EXTRA,
    ffn: dims.ffn + EXTRA,
    gateUp: 2 * dims.ffn + EXTRA,
    vocab: pad16(dims.vocab) + EXTRA,
  }
}

/** Hands out buffers that hold at least what is asked for; makes new ones when they do not. */
export class ActivationArena {
  readonly #model: Model
  #held: Activations | null = null
  #needs: ActivationNeeds = { rows: 0, longest: 0, targetsPerRow: 1, loraPanels: 1, keep: false }
  #blocks: number[] = []

  constructor(model: Model) {
    this.#model = model
  }

  /** Contents are undefined. Valid until the next call. */
  reserve(needs: ActivationNeeds): Activations {
    const have = this.#needs
    const fits =
      needs.rows <= have.rows &&
      needs.longest <= have.longest &&
      needs.targetsPerRow <= have.targetsPerRow &&
      needs.loraPanels <= have.loraPanels &&
      (have.keep || !needs.keep)
    if (this.#held && fits) return this.#held
    for (const block of this.#blocks) this.#model.heap.free(block)
    this.#blocks = []
    this.#needs = {
      rows: Math.max(have.rows, Math.ceil(needs.rows / 64) * 64),
      longest: Math.max(have.longest, Math.ceil(needs.longest / 32) * 32),
      targetsPerRow: Math.max(have.targetsPerRow, needs.targetsPerRow),
      loraPanels: Math.max(have.loraPanels, needs.loraPanels),
      keep: have.keep || needs.keep,
    }
    this.#held = this.#allocate(this.#needs)
    return this.#held
  }

  #allocate({ rows, longest, targetsPerRow, loraPanels, keep }: ActivationNeeds): Activations {
    const { dims } = this.#model
    const strides = rowStrides(this.#model)
    const take = (floats: number): number => {
      const at = this.#model.heap.alloc(floats)
      this.#blocks.push(at)
      return at
    }
    const x = take(rows * strides.hidden)
    const layer = (index: number): LayerActivations => {
      const input = keep && index > 0 ? take(rows * strides.hidden) : x
      return {
        x: input,
        xInverse: take(rows),
        h1: take(rows * strides.hidden),
        qkv: take(rows * strides.qkv),
        qk: take(rows * strides.qk),
        qInverse: take(rows * dims.heads),
        kInverse: take(rows * dims.kvHeads),
        o: take(rows * strides.q),
        middle: keep ? take(rows * strides.hidden) : x,
        middleInverse: take(rows),
        h2: take(rows * strides.hidden),
        gateUp: take(rows * strides.gateUp),
        act: take(rows * strides.ffn),
      }
    }
    const first = layer(0)
    const layers = Array.from({ length: dims.layers }, (_, l) => (l === 0 ? first : keep ? layer(l) : first))
    const scoreStride = longest + EXTRA
    return {
      rows,
      longest,
      strides,
      layers,
      out: keep ? take(rows * strides.hidden) : x,
      outInverse: take(rows),
      final: take(rows * strides.hidden),
      logits: take(rows * strides.vocab),
      tokens: take(rows),
      positions: take(rows),
      targets: take(rows * targetsPerRow),
      logprobs: take(rows * targetsPerRow),
      targetsPerRow,
      panels: take(8 * longest * dims.headSize),
      scores: take((keep ? longest : 32) * scoreStride),
      scoreGradients: keep ? take(longest * scoreStride) : 0,
      scoreStride,
      backward: keep
        ? {
            dx: take(rows * strides.hidden),
            dh: take(rows * Math.max(strides.hidden, strides.q)),
            dAct: take(rows * strides.ffn),
            dQkv: take(rows * strides.qkv),
            u: take(rows * 48 * loraPanels),
            v: take(rows * 48 * loraPanels),
            lossGradient: take(rows * targetsPerRow),
          }
        : null,
    }
  }
}
