/** Merged weights W + (alpha / rank)·B·A, packed, for the adapters in use: one merge per weight version, then base-model speed. */
import type { LoraLayout } from './loraLayout.ts'
import type { Model, Packs } from './model.ts'
import { pad16 } from './linears.ts'

/** An adapter's weights at one moment. `data` never changes: the next optimizer step makes a new version. */
export type LoraWeights = { version: number; layout: LoraLayout; data: Float32Array }

/** How much memory merged versions may hold before the least recently used one makes room. */
const BUDGET_BYTES = 64 * 2 ** 20

export class PackCache {
  readonly #model: Model
  readonly #forward = new Map<number, number>()
  readonly #backward = new Map<number, number>()
  #lora = { at: 0, gradients: 0, floats: 0, version: -1 }

  constructor(model: Model) {
    this.#model = model
  }

  /** Panels for the forward pass; with `backward` also those for the gradient. Valid until the next call of `use`. */
  use(weights: LoraWeights | null, backward = false): Packs {
    if (weights === null) return this.#model.base
    const { forwardFloats, backwardFloats } = this.#model.plan
    return {
      forward: this.#slot(this.#forward, weights, forwardFloats, (at) => this.#mergeForward(weights, at)),
      backward: backward
        ? this.#slot(this.#backward, weights, backwardFloats, (at) => this.#mergeBackward(weights, at))
        : 0,
    }
  }

  /** Addresses of the adapter's vector and of room for its gradient. */
  vectors(weights: LoraWeights): { data: number; gradients: number } {
    const { heap } = this.#model
    const { floats } = weights.layout
    if (this.#lora.floats < floats) {
      if (this.#lora.floats > 0) {
        heap.free(this.#lora.at)
        heap.free(this.#lora.gradients)
      }
      this.#lora = { at: heap.alloc(floats), gradients: heap.alloc(floats), floats, version: -1 }
    }
    if (this.#lora.version !== weights.version) {
      heap.f32(this.#lora.at, floats).set(weights.data)
      this.#lora.version = weights.version
    }
    return { data: this.#lora.at, gradients: this.#lora.gradients }
  }

  /** Forgets a version that nobody refers to any more. */
  drop(version: number): void {
    for (const slots of [this.#forward, this.#backward]) {
      const at = slots.get(version)
      if (at !== undefined) this.#model.heap.free(at)
      slots.delete(version)
    }
  }

  #slot(slots: Map<number, number>, weights: LoraWeights, floats: number, merge: (at: number) => void): number {
    let at = slots.get(weights.version)
    if (at === undefined) {
      const { heap } = this.#model
      const most = Math.max(2, Math.floor(BUDGET_BYTES / (floats * 4)))
      if (slots.size >= most) {
        const [oldest, its] = slots.entries().next().value!
        slots.delete(oldest)
        heap.free(its)
      }
      at = heap.alloc(floats)
      merge(at)
    } else slots.delete(weights.version)
    slots.set(weights.version, at)
    return at
  }

  #mergeForward(weights: LoraWeights, to: number): void {
    const { plan, heap, base } = this.#model
    const { kernels } = heap
    const { data } = this.vectors(weights)
    const { layout } = weights
    kernels.copy(to, base.forward, plan.forwardFloats)
    const scaled = heap.alloc(16 * Math.max(...plan.all.map((l) => pad16(l.output))))
    for (const { linear, a, b } of layout.at.values()) {
      const { input, output } = linear
      const target = to + linear.forwardAt * 4
      for (let p = 0; p < layout.panels; p++) {
        const left = data + (a + p * input * 16) * 4
        const right = data + (b + p * output * 16) * 4
        kernels.packColumns(right, 16, output, 16, scaled, layout.scale)
        kernels.gemm(input, pad16(output), 16, left, 16, 1, scaled, 256, target, 16, input * 16, true)
      }
    }
    heap.free(scaled)
  }

  #mergeBackward(weights: LoraWeights, to: number): void {
    const { plan, heap, base } = this.#model
    const { kernels } = heap
    const { data } = this.vectors(weights)
    const { layout } = weights
    kernels.copy(to, base.backward, plan.backwardFloats)
    const scaled = heap.alloc(16 * Math.max(...plan.all.map((l) => l.input)))
    for (const { linear, a, b } of layout.at.values()) {
      const { input, output } = linear
      const target = to + linear.backwardAt * 4
      for (let p = 0; p < layout.panels; p++) {
        const left = data + (b + p * output * 16) * 4
        const right = data + (a + p * input * 16) * 4
        kernels.packColumns(right, 16, input, 16, scaled, layout.scale)
        kernels.gemm(output, input, 16, left, 16, 1, scaled, 256, target, 16, linear.backwardStride, true)
      }
    }
    heap.free(scaled)
  }
}
