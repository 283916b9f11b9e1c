/** One new token for each of many sequences at once, against their caches. */
import { rowStrides } from './activations.ts'
import type { Strides } from './activations.ts'
import { applyLinear } from './forward.ts'
import type { KvCache } from './kvCache.ts'
import { layerBytes } from './kvCache.ts'
import type { Model, Packs } from './model.ts'
import { pad16 } from './linears.ts'
import type { Distribution } from './sampling.ts'

export type DecodeRow = { token: number; position: number; cache: KvCache }

export class Decoder {
  readonly #model: Model
  readonly #strides: Strides
  readonly #probsStride: number
  readonly #at: Record<
    'x' | 'h' | 'qkv' | 'qk' | 'o' | 'gateUp' | 'act' | 'logits' | 'probs' | 'stats' | 'inverse' | 'heat' | 'words',
    number
  >
  readonly #scores: number
  readonly #scoreStride: number
  readonly most: number

  /** `most` is the largest number of rows of one step. */
  constructor(model: Model, most: number) {
    this.#model = model
    this.most = most
    const { dims, heap } = model
    const ld = rowStrides(model)
    this.#strides = ld
    this.#probsStride = pad16(dims.vocab)
    this.#scoreStride = pad16(dims.maxContext) + 16
    this.#at = {
      x: heap.alloc(most * ld.hidden),
      h: heap.alloc(most * ld.hidden),
      qkv: heap.alloc(most * ld.qkv),
      qk: heap.alloc(most * ld.qk),
      o: heap.alloc(most * ld.q),
      gateUp: heap.alloc(most * ld.gateUp),
      act: heap.alloc(most * ld.ffn),
      logits: heap.alloc(most * ld.vocab),
      probs: heap.alloc(most * this.#probsStride),
      stats: heap.alloc(most * 2),
      inverse: heap.alloc(most * dims.heads),
      heat: heap.alloc(most),
      // tokens | positions | cache addresses | cache caps
      words: heap.alloc(most * 4),
    }
    this.#scores = heap.alloc((dims.heads / dims.kvHeads) * this.#scoreStride)
  }

  /** Feeds one token per row; the logits of row i are then in the decoder's row i. */
  step(packs: Packs, rows: readonly DecodeRow[]): void {
    const { dims, heap, layers, plan, cos, sin } = this.#model
    const { kernels } = heap
    const { heads, kvHeads, headSize, normEps, hidden } = dims
    const n = rows.length
    const { x, h, qkv, qk, o, gateUp, act, inverse, words } = this.#at
    const ld = this.#strides
    const [tokens, positions, caches, caps] = [0, 1, 2, 3].map((i) => words + i * this.most * 4) as [
      number,
      number,
      number,
      number,
    ]
    heap.i32(tokens, n).set(rows.map((r) => r.token))
    heap.i32(positions, n).set(rows.map((r) => r.position))
    heap.u32(caches, n).set(rows.map((r) => r.cache.at))
    heap.i32(caps, n).set(rows.map((r) => r.cache.cap))
    kernels.embed(n, hidden, tokens, this.#model.embed, x, ld.hidden)
    const kAt = heads * headSize * 4
    const vAt = kAt + kvHeads * headSize * 4
    for (let l = 0; l < dims.layers; l++) {
      const w = layers[l]!
      const p = plan.layers[l]!
      kernels.rmsForward(n, hidden, x, ld.hidden, w.inputNorm, h, ld.hidden, inverse, normEps)
      applyLinear(this.#model, packs, p.qkv, n, h, ld.hidden, qkv, ld.qkv)
      // prettier-ignore
      kernels.headNormRope(n, heads, headSize, qkv, ld.qkv, w.qNorm, positions, cos, sin, normEps, qk, ld.qk, inverse)
      // prettier-ignore
      kernels.headNormRope(n, kvHeads, headSize, qkv + kAt, ld.qkv, w.kNorm, positions, cos, sin, normEps, qk + kAt, ld.qk, inverse)
      // prettier-ignore
      kernels.decodeAttention(n, heads, kvHeads, headSize, qk, ld.qk, qk + kAt, ld.qk, qkv + vAt, ld.qkv, caches, layerBytes(this.#model, l), positions, caps, o, ld.q, 1 / Math.sqrt(headSize), this.#scores, this.#scoreStride)
      applyLinear(this.#model, packs, p.o, n, o, ld.q, x, ld.hidden, true)
      kernels.rmsForward(n, hidden, x, ld.hidden, w.postNorm, h, ld.hidden, inverse, normEps)
      applyLinear(this.#model, packs, p.gateUp, n, h, ld.hidden, gateUp, ld.gateUp)
      kernels.swigluForward(n, dims.ffn, gateUp, ld.gateUp, act, ld.ffn)
      applyLinear(this.#model, packs, p.down, n, act, ld.ffn, x, ld.hidden, true)
    }
    kernels.rmsForward(n, hidden, x, ld.hidden, this.#model.finalNorm, h, ld.hidden, inverse, normEps)
    this.head(packs, n, h, ld.hidden, 0)
  }

  /** Logits of `n` rows of final activations, into the decoder's rows from `row` on. */
  head(packs: Packs, n: number, final: number, stride: number, row: number): void {
    const { vocab } = this.#strides
    applyLinear(this.#model, packs, this.#model.plan.head, n, final, stride, this.#at.logits + row * vocab * 4, vocab)
  }

  /** The distributions of the first `inverseTemperatures.length` rows. Views: valid until memory grows or the next step. */
  distributions(inverseTemperatures: readonly number[]): Distribution[] {
    const { heap, dims } = this.#model
    const n = inverseTemperatures.length
    const { logits, probs, stats, heat } = this.#at
    const { vocab } = this.#strides
    heap.f32(heat, n).set(inverseTemperatures)
    heap.kernels.temper(n, dims.vocab, logits, vocab, heat, probs, this.#probsStride, stats)
    const numbers = heap.f32(stats, 2 * n)
    const heats = heap.f32(heat, n)
    return inverseTemperatures.map((_, i) => ({
      logits: heap.f32(logits + i * vocab * 4, dims.vocab),
      probs: heap.f32(probs + i * this.#probsStride * 4, dims.vocab),
      maxLogit: numbers[2 * i]!,
      logSum: numbers[2 * i + 1]!,
      inverseTemperature: heats[i]!,
    }))
  }
}
