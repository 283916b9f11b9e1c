/**
 * Adapters that only sample. An engine's memory is small, so at most a few are resident; one that is used again is
 * brought back from where its state is kept: the checkpoint store, or memory for ephemeral saves.
 */
import { Refusal } from './refusal.ts'
import type { AdapterId, AdapterState, Engine } from '../engine/index.ts'

export type SamplerAdapter = {
  readonly engine: Engine
  /** Where to get the weights from; replaced by the exported state when an ephemeral adapter is put out. */
  load: (() => Promise<AdapterState>) | null
  resident: Promise<AdapterId> | null
  uses: number
  /** To be freed for good when the last use ends. */
  leaving?: boolean
}

export type ResidentLimits = { readonly resident: number; readonly keptInMemory: number }

export const RESIDENT_LIMITS: ResidentLimits = { resident: 16, keptInMemory: 512 }

export class ResidentAdapters {
  /** Least recently used first. */
  readonly #resident = new Set<SamplerAdapter>()
  /** Ephemeral adapters whose state lies in memory, oldest first. */
  readonly #inMemory = new Set<SamplerAdapter>()
  readonly #limits: ResidentLimits

  constructor(limits: ResidentLimits = RESIDENT_LIMITS) {
    this.#limits = limits
  }

  /** An adapter that is in the engine already and stored nowhere else. */
  adopt(engine: Engine, id: AdapterId): SamplerAdapter {
    const adapter: SamplerAdapter = { engine, load: null, resident: Promise.resolve(id), uses: 0 }
    this.#resident.add(adapter)
    void this.#putOut()
    return adapter
  }

  /** An adapter that can be loaded whenever it is needed. */
  stored(engine: Engine, load: () => Promise<AdapterState>): SamplerAdapter {
    return { engine, load, resident: null, uses: 0 }
  }

  /** Runs `work` with the adapter resident; it is not put out meanwhile. */
  async use<T>(adapter: SamplerAdapter, work: (id: AdapterId) => Promise<T>): Promise<T> {
    adapter.uses++
    try {
      adapter.resident ??= this.#bringIn(adapter)
      this.#resident.delete(adapter)
      this.#resident.add(adapter)
      const id = await adapter.resident
      return await work(id)
    } finally {
      adapter.uses--
      if (adapter.leaving === true && adapter.uses === 0) await this.drop(adapter)
      await this.#putOut()
    }
  }

  async #bringIn(adapter: SamplerAdapter): Promise<AdapterId> {
    try {
      if (adapter.load === null)
        throw new Refusal('these ephemeral sampler weights were superseded by many later ones; save them under a name')
      return await adapter.engine.importAdapter(await adapter.load())
    } catch (error) {
      adapter.resident = null
      this.#resident.delete(adapter)
      throw error
    }
  }

  async #putOut(): Promise<void> {
    for (const adapter of this.#resident) {
      if (this.#resident.size <= this.#limits.resident) return
      if (adapter.uses > 0) continue
      this.#resident.delete(adapter)
      const id = await adapter.resident
      if (id === null) continue
      // In use again while we waited: leave it in.
      if (adapter.uses > 0) {
        this.#resident.add(adapter)
        continue
      }
      adapter.resident = null
      if (adapter.load === null) {
        const leaving = adapter.engine.exportAdapter(id, { optimizer: false })
        adapter.load = () => leaving
        leaving.catch(() => (adapter.load = null))
        await leaving.catch(() => undefined)
        this.#keep(adapter)
      }
      adapter.engine.dropAdapter(id)
    }
  }

  #keep(adapter: SamplerAdapter): void {
    this.#inMemory.add(adapter)
    if (this.#inMemory.size <= this.#limits.keptInMemory) return
    const oldest = this.#inMemory.values().next().value!
    this.#inMemory.delete(oldest)
    oldest.load = null
  }

  /** Frees the adapter for good, once nothing uses it. */
  async drop(adapter: SamplerAdapter): Promise<void> {
    adapter.leaving = true
    if (adapter.uses > 0) return
    this.#resident.delete(adapter)
    this.#inMemory.delete(adapter)
    const resident = adapter.resident
    adapter.resident = null
    adapter.load = null
    const id = await resident?.catch(() => null)
    if (id !== null && id !== undefined) adapter.engine.dropAdapter(id)
  }
}
