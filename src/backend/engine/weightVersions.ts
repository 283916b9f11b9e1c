/** Counts who refers to which version of an adapter's weights, so that caches can forget a version the moment nobody does. */
import type { LoraLayout } from './loraLayout.ts'
import type { LoraWeights } from './packCache.ts'

export class WeightVersions {
  readonly #holders = new Map<number, number>()
  readonly #onUnused: (version: number) => void
  #next = 0

  constructor(onUnused: (version: number) => void) {
    this.#onUnused = onUnused
  }

  /** A new version with one holder. */
  make(layout: LoraLayout, data: Float32Array): LoraWeights {
    const version = this.#next++
    this.#holders.set(version, 1)
    return { version, layout, data }
  }

  hold(weights: LoraWeights): LoraWeights {
    this.#holders.set(weights.version, this.#holders.get(weights.version)! + 1)
    return weights
  }

  release({ version }: LoraWeights): void {
    const left = this.#holders.get(version)! - 1
    if (left > 0) this.#holders.set(version, left)
    else {
      this.#holders.delete(version)
      this.#onUnused(version)
    }
  }
}
