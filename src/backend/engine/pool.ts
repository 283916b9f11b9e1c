/** Spreads work over the executors. Which one does what never shows in a result. */
import type { BatchOutput, TopOutput } from './core.ts'
import type { BatchJob } from './datums.ts'
import { EngineError } from './errors.ts'
import type { Executor } from './executor.ts'
import type { LoraWeights } from './packCache.ts'
import type { SampleJob } from './sampler.ts'
import type { SampledSequence } from './engineApi.ts'

/** Splitting a call over workers costs a prefill each: below this many samples per worker it does not pay. */
const LEAST_SAMPLES = 4

type Member = { executor: Executor; batches: number; sequences: number }

export class Pool {
  readonly #members: Member[]
  /** Who waits for a member, by the weights' version: versions are served in turn. */
  readonly #waiting = new Map<number, ((member: Member) => void)[]>()
  #closed = false

  constructor(executors: readonly Executor[]) {
    this.#members = executors.map((executor) => ({ executor, batches: 0, sequences: 0 }))
  }

  get size(): number {
    return this.#members.length
  }

  async batch(weights: LoraWeights | null, job: BatchJob): Promise<BatchOutput> {
    const member = await this.#claim(weights)
    try {
      return await member.executor.batch(weights, job)
    } finally {
      this.#release(member)
    }
  }

  async top(weights: LoraWeights | null, tokens: Int32Array, k: number): Promise<TopOutput> {
    const member = await this.#claim(weights)
    try {
      return await member.executor.top(weights, tokens, k)
    } finally {
      this.#release(member)
    }
  }

  async sample(weights: LoraWeights | null, job: SampleJob, signal?: AbortSignal): Promise<SampledSequence[]> {
    this.#open()
    const members = this.#members.toSorted((a, b) => a.sequences - b.sequences)
    const pieces = Math.min(members.length, Math.max(1, Math.floor(job.count / LEAST_SAMPLES)))
    const parts = Array.from({ length: pieces }, async (_, i) => {
      const from = Math.floor((i * job.count) / pieces)
      const count = Math.floor(((i + 1) * job.count) / pieces) - from
      const member = members[i]!
      member.sequences += count
      try {
        return await member.executor.sample(weights, { ...job, first: job.first + from, count }, signal)
      } finally {
        member.sequences -= count
      }
    })
    return (await Promise.all(parts)).flat()
  }

  drop(version: number): void {
    for (const { executor } of this.#members) executor.drop(version)
  }

  close(): void {
    this.#closed = true
    for (const { executor } of this.#members) executor.close()
  }

  #open(): void {
    if (this.#closed) throw new EngineError('closed', 'the engine was closed')
  }

  /** The member with most room, or the next one to have any. */
  #claim(weights: LoraWeights | null): Promise<Member> {
    this.#open()
    const free = this.#members.filter((m) => m.batches < m.executor.depth).toSorted((a, b) => a.batches - b.batches)[0]
    if (free) {
      free.batches++
      return Promise.resolve(free)
    }
    return new Promise((resolve) => {
      const version = weights?.version ?? -1
      const lane = this.#waiting.get(version) ?? []
      this.#waiting.set(version, lane)
      lane.push(resolve)
    })
  }

  #release(member: Member): void {
    const first = this.#waiting.entries().next().value
    if (first === undefined) {
      member.batches--
      return
    }
    const [version, lane] = first
    this.#waiting.delete(version)
    const next = lane.shift()!
    if (lane.length > 0) this.#waiting.set(version, lane)
    next(member)
  }
}
