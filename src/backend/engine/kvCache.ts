/** The keys and values of one sequence, laid out as `assembly/decode.ts` describes. */
import type { Model } from './model.ts'
import { pad16 } from './linears.ts'

export class KvCache {
  readonly #model: Model
  at: number
  /** Positions there is room for; a multiple of 16. */
  cap: number

  constructor(model: Model, positions: number) {
    this.#model = model
    this.cap = pad16(positions)
    this.at = model.heap.alloc(this.cap * floatsPerPosition(model))
  }

  free(): void {
    this.#model.heap.free(this.at)
    this.at = -1
  }

  /** Address of one layer's part. */
  layer(l: number): number {
    return this.at + layerBytes(this.#model, l) * this.cap
  }

  /** A copy of the first `length` positions with room for `positions`. */
  clone(length: number, positions: number): KvCache {
    const copy = new KvCache(this.#model, positions)
    copyPositions(this.#model, this, copy, length)
    return copy
  }

  /** Makes room for `positions` in all, keeping the first `length`. */
  grow(length: number, positions: number): void {
    const next = this.clone(length, positions)
    this.free()
    this.at = next.at
    this.cap = next.cap
  }
}

/** Bytes per position of the layers before `l`: what the kernel multiplies by a cache's cap. */
export function layerBytes(model: Model, l: number): number {
  return l * model.dims.kvHeads * 2 * model.dims.headSize * 4
}

function floatsPerPosition(model: Model): number {
  return layerBytes(model, model.dims.layers) / 4
}

function copyPositions(model: Model, from: KvCache, to: KvCache, length: number): void {
  const { dims, heap } = model
  const { headSize } = dims
  const keys = pad16(length) * headSize
  for (let block = 0; block < dims.layers * dims.kvHeads; block++) {
    const source = from.at + block * 2 * from.cap * headSize * 4
    const target = to.at + block * 2 * to.cap * headSize * 4
    heap.kernels.copy(target, source, keys)
    for (let p = 0; p < headSize / 16; p++) {
      const fromPanel = source + (from.cap * headSize + p * from.cap * 16) * 4
      const toPanel = target + (to.cap * headSize + p * to.cap * 16) * 4
      heap.kernels.copy(toPanel, fromPanel, length * 16)
    }
  }
}
