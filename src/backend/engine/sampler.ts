/**
 * Continuous batching on one thread: all sequences of one weight version advance together, new ones join as they arrive
 * and finished ones leave. Every sequence's result depends on its own prompt, seed and weights alone.
 */
import { seededRng } from '../../base/rng.ts'
import type { Rng } from '../../base/rng.ts'
import type { ActivationArena } from './activations.ts'
import { turn } from './breathe.ts'
import { Decoder } from './decodeStep.ts'
import { EngineError } from './errors.ts'
import type { KvCache } from './kvCache.ts'
import type { Model } from './model.ts'
import type { LoraWeights, PackCache } from './packCache.ts'
import { prefill } from './prefill.ts'
import type { Turns } from './turns.ts'
import { chooseToken, isGreedy, isStopped, sampleSeed } from './sampling.ts'
import type { Distribution } from './sampling.ts'
import type { SampledSequence, SampleParams } from './engineApi.ts'

/** Sequences that advance in one step. */
const MOST_ROWS = 128
/** Prompt tokens run through the layers at once. */
const MOST_PREFILL = 512
/** Positions first set aside for a continuation: most stop long before `maxTokens`. */
const FIRST_ROOM = 48

/** `count` continuations of a prompt, numbered from `first` within their call. `params.seed` is set. */
export type SampleJob = {
  prompt: Int32Array
  first: number
  count: number
  params: SampleParams & { seed: number }
}

type Request = {
  job: SampleJob
  results: (SampledSequence | null)[]
  missing: number
  cancelled: boolean
  resolve(sequences: SampledSequence[]): void
  reject(error: unknown): void
}

type Sequence = {
  request: Request
  index: number
  rng: Rng
  tokens: number[]
  logprobs: number[]
  /** Positions stored in the cache. */
  length: number
  /** The prompt's cache, shared by the sequences that have not started; the last to start takes it. */
  prompt: { cache: KvCache; users: number } | null
  cache: KvCache | null
}

type Group = { weights: LoraWeights | null; pending: Request[]; waiting: Sequence[]; active: Sequence[] }

export class Sampler {
  readonly #model: Model
  readonly #packs: PackCache
  readonly #arena: ActivationArena
  readonly #turns: Turns
  readonly #groups = new Map<number, Group>()
  #decoder: Decoder | null = null

  constructor(model: Model, packs: PackCache, arena: ActivationArena, turns: Turns) {
    this.#turns = turns
    this.#model = model
    this.#packs = packs
    this.#arena = arena
  }

  /** Resolves when all `count` sequences have ended. `onCancel` receives a function that gives the job up. */
  sample(
    weights: LoraWeights | null,
    job: SampleJob,
    onCancel?: (cancel: () => void) => void,
  ): Promise<SampledSequence[]> {
    return new Promise((resolve, reject) => {
      const results = Array.from({ length: job.count }, () => null)
      const request: Request = { job, results, missing: job.count, cancelled: false, resolve, reject }
      onCancel?.(() => {
        request.cancelled = true
        reject(new EngineError('cancelled', 'sampling was cancelled'))
      })
      const key = weights?.version ?? -1
      let group = this.#groups.get(key)
      if (group) group.pending.push(request)
      else {
        group = { weights, pending: [request], waiting: [], active: [] }
        this.#groups.set(key, group)
        void this.#run(key, group)
      }
    })
  }

  /** Gives up everything that is under way. */
  close(): void {
    for (const group of this.#groups.values()) this.#abandon(group, new EngineError('closed', 'the engine was closed'))
  }

  /** Every step of a group is a turn of its own, so that groups and training share the thread. */
  async #run(key: number, group: Group): Promise<void> {
    // Calls made together arrive together: let them all in before the first step.
    await turn()
    const lane = `sample ${key}`
    while (group.pending.length + group.waiting.length + group.active.length > 0) {
      await this.#turns.add(lane, stepCost(group), () => {
        // On and on while nothing has happened that anybody waits to hear of.
        let active: number
        do {
          active = group.active.length
          try {
            this.#advance(group)
          } catch (error) {
            this.#abandon(group, error)
          }
        } while (active > 0 && group.active.length === active && this.#turns.again(stepCost(group)))
      })
    }
    this.#groups.delete(key)
  }

  #advance(group: Group): void {
    const live = (s: Sequence): boolean => {
      if (s.request.cancelled) release(s)
      return !s.request.cancelled
    }
    group.active = group.active.filter(live)
    group.waiting = group.waiting.filter(live)
    if (group.active.length + group.waiting.length < MOST_ROWS) this.#prefill(group)
    while (group.waiting.length > 0 && group.active.length < MOST_ROWS) {
      const sequence = group.waiting.shift()!
      this.#start(sequence)
      group.active.push(sequence)
    }
    if (group.active.length > 0) this.#step(group)
  }

  #prefill(group: Group): void {
    const batch: Request[] = []
    let rows = 0
    while (group.pending.length > 0 && batch.length < MOST_ROWS) {
      const request = group.pending[0]!
      const length = request.job.prompt.length
      if (batch.length > 0 && rows + length > MOST_PREFILL) break
      group.pending.shift()
      if (request.cancelled) continue
      batch.push(request)
      rows += length
    }
    if (batch.length === 0) return
    const decoder = (this.#decoder ??= new Decoder(this.#model, MOST_ROWS))
    try {
      const prompts = batch.map(({ job }) => ({ tokens: job.prompt, room: room(job) }))
      const caches = prefill(this.#model, this.#packs.use(group.weights), this.#arena, decoder, prompts)
      const distributions = decoder.distributions(batch.map((r) => heatOf(r.job.params)))
      batch.forEach((request, i) => {
        const sequences = begin(request, distributions[i]!, caches[i]!)
        group.waiting.push(...sequences)
        if (sequences.length === 0) caches[i]!.free()
      })
    } catch (error) {
      for (const request of batch) request.reject(error)
      throw error
    }
  }

  #start(sequence: Sequence): void {
    const shared = sequence.prompt!
    sequence.cache =
      --shared.users === 0
        ? shared.cache
        : shared.cache.clone(sequence.length, sequence.length + room(sequence.request.job))
    sequence.prompt = null
  }

  #step(group: Group): void {
    const { active } = group
    const decoder = this.#decoder!
    const rows = active.map((s) => {
      const cache = s.cache!
      if (s.length + 1 > cache.cap) cache.grow(s.length, Math.min(2 * cache.cap, this.#model.dims.maxContext))
      return { token: s.tokens[s.tokens.length - 1]!, position: s.length, cache }
    })
    decoder.step(this.#packs.use(group.weights), rows)
    const distributions = decoder.distributions(active.map((s) => heatOf(s.request.job.params)))
    group.active = active.filter((s, i) => {
      s.length++
      if (!extend(s, distributions[i]!)) return true
      release(s)
      return false
    })
  }

  #abandon(group: Group, error: unknown): void {
    const requests = new Set([...group.pending, ...[...group.waiting, ...group.active].map((s) => s.request)])
    for (const sequence of [...group.waiting, ...group.active]) release(sequence)
    for (const request of requests) request.reject(error)
    group.pending = []
    group.waiting = []
    group.active = []
  }
}

/** In rows of a forward pass: decoding reads all weights for few rows. */
function stepCost({ pending, waiting, active }: Group): number {
  const sequences = pending.reduce((sum, r) => sum + r.job.count, waiting.length + active.length)
  const prompts = pending.reduce((sum, r) => sum + r.job.prompt.length, 0)
  return 8 + 2 * Math.min(MOST_ROWS, sequences) + Math.min(MOST_PREFILL, prompts)
}

function heatOf(params: SampleParams): number {
  return isGreedy(params) ? 1 : 1 / params.temperature
}

function room(job: SampleJob): number {
  return Math.min(job.params.maxTokens, FIRST_ROOM)
}

/** Draws every sequence's first token from the prompt's distribution; returns those that go on. */
function begin(request: Request, distribution: Distribution, cache: KvCache): Sequence[] {
  const { prompt, first, count, params } = request.job
  const sequences = Array.from({ length: count }, (_, index): Sequence => {
    const rng = seededRng(sampleSeed(params.seed, first + index))
    return { request, index, rng, tokens: [], logprobs: [], length: prompt.length, prompt: null, cache: null }
  }).filter((s) => !extend(s, distribution))
  const shared = { cache, users: sequences.length }
  for (const s of sequences) s.prompt = shared
  return sequences
}

/** Adds one token; true when the sequence has ended, its result delivered. */
function extend(s: Sequence, distribution: Distribution): boolean {
  const { params } = s.request.job
  let stopped = false
  if (params.maxTokens > 0) {
    const { token, logprob } = chooseToken(distribution, params, s.rng.next())
    s.tokens.push(token)
    s.logprobs.push(logprob)
    stopped = isStopped(s.tokens, params)
  }
  if (!stopped && s.tokens.length < params.maxTokens) return false
  const { request } = s
  request.results[s.index] = {
    tokens: Int32Array.from(s.tokens),
    logprobs: Float32Array.from(s.logprobs),
    stopReason: stopped ? 'stop' : 'length',
  }
  if (--request.missing === 0) request.resolve(request.results as SampledSequence[])
  return true
}

function release(s: Sequence): void {
  s.cache?.free()
  s.cache = null
  if (s.prompt && --s.prompt.users === 0) s.prompt.cache.free()
  s.prompt = null
}
