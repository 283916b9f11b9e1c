/** Merged weights W + (alpha / rank)·B·A, packed, for the adapters in use: one merge per weight version, then base-model speed. */
import type { LoraLayout } from './loraLayout.ts'
import type { Model, Packs } from './model.ts'
import { pad16 } from './linears.ts'

/** An adapter's weights at one moment. `data` never changes: the next optimizer step makes a new version. */
export type LoraWeights = { version: number; layout: LoraLayout; data: Float32Array }

/** How much memory merged weights may hold before the least recently used ones make room: four packs of a 4M model. */
const BUDGET_BYTES = 80 * 2 ** 20

type Slot = { at: number; bytes: number }

export class PackCache {
  readonly #model: Model
  /** By direction and version, least recently used first. */
  readonly #slots = new Map<string, Slot>()
  #bytes = 0
  #lora = { at: 0, gradients: 0, floats: 0, version: -1 }

  constructor(model: Model) {
    this.#model = model
  }

  /** Panels for the forward pass; with `backward` also those for the gradient. Valid until the next call of `use`. */
  use(weights: LoraWeights | null, backward = false): Packs {
    if (weights === null) return this.#model.base
    const { forwardFloats, backwardFloats } = this.#model.plan
    const { version } = weights
    return {
      forward: this.#slot(`forward ${version}`, forwardFloats, (at) => this.#mergeForward(weights, at)),
      backward: backward
        ? this.#slot(`backward ${version}`, backwardFloats, (at) => this.#mergeBackward(weights, at))
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
    for (const direction of ['forward', 'backward']) this.#free(`${direction} ${version}`)
  }

  #slot(key: string, floats: number, merge: (at: number) => void): number {
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      const bytes = floats * 4
      // Two stay whatever their size: a training step needs both directions.
      while (this.#slots.size >= 2 && this.#bytes + bytes > BUDGET_BYTES) this.#free(this.#slots.keys().next().value!)
      slot = { at: this.#model.heap.alloc(floats), bytes }
      this.#bytes += bytes
      merge(slot.at)
    } else this.#slots.delete(key)
    this.#slots.set(key, slot)
    return slot.at
  }

  #free(key: string): void {
    const slot = this.#slots.get(key)
    if (slot === undefined) return
    this.#model.heap.free(slot.at)
    this.#bytes -= slot.bytes
    this.#slots.delete(key)
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
