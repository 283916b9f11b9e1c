/** Allocation inside one wasm memory: first fit over a sorted free list, blocks aligned to a cache line. */
import type { KernelInstance, Kernels } from './kernels/kernels.ts'

const PAGE = 65536
const LINE = 64
/** Below this lie the module's own data. */
const FLOOR = PAGE

type Free = { at: number; size: number }

export class Heap {
  readonly kernels: Kernels
  readonly #memory: KernelInstance['memory']
  readonly #sizes = new Map<number, number>()
  #free: Free[] = []
  #top = FLOOR

  constructor(instance: KernelInstance) {
    this.kernels = instance.kernels
    this.#memory = instance.memory
  }

  /** Bytes of the memory as grown so far. */
  get bytes(): number {
    return this.#memory.buffer.byteLength
  }

  /** Space for `floats` 4-byte elements, with whatever was there before. */
  alloc(floats: number): number {
    const size = Math.max(LINE, Math.ceil((floats * 4) / LINE) * LINE)
    const index = this.#free.findIndex((f) => f.size >= size)
    let at: number
    if (index >= 0) {
      const block = this.#free[index]!
      at = block.at
      if (block.size === size) this.#free.splice(index, 1)
      else this.#free[index] = { at: at + size, size: block.size - size }
    } else {
      at = this.#top
      this.#top += size
      const missing = Math.ceil((this.#top - this.#memory.buffer.byteLength) / PAGE)
      // Growing detaches every view of the memory: views are made at each use, never kept.
      if (missing > 0) this.#memory.grow(missing)
    }
    this.#sizes.set(at, size)
    return at
  }

  free(at: number): void {
    const size = this.#sizes.get(at)
    if (size === undefined) throw new Error(`free of ${at}, which is not allocated`)
    this.#sizes.delete(at)
    let low = 0
    while (low < this.#free.length && this.#free[low]!.at < at) low++
    this.#free.splice(low, 0, { at, size })
    if (low + 1 < this.#free.length) this.#join(low)
    if (low > 0) this.#join(low - 1)
  }

  #join(index: number): void {
    const a = this.#free[index]!
    const b = this.#free[index + 1]!
    if (a.at + a.size === b.at) this.#free.splice(index, 2, { at: a.at, size: a.size + b.size })
  }

  f32(at: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, length)
  }

  i32(at: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, length)
  }

  u32(at: number, length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, at, length)
  }

  /** Allocates and fills. */
  put(data: Float32Array): number {
    const at = this.alloc(data.length)
    this.f32(at, data.length).set(data)
    return at
  }
}
