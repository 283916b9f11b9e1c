/** The engine's front: adapters and their optimizers, calls checked and cut into jobs, results put together in order. */
import { adamStep, checkAdam, freshAdam } from './adam.ts'
import type { AdamState } from './adam.ts'
import { stateOfAdapter, weightsFromState } from './adapterState.ts'
import { checkData, checkTokens, packJob, planMicroBatches, unpackLogprobs } from './datums.ts'
import { EngineError } from './errors.ts'
import { resolveLoss } from './losses.ts'
import type { LinearPlan } from './linears.ts'
import { initialLora, loraParameters, planLora } from './loraLayout.ts'
import type { LoraLayout } from './loraLayout.ts'
import type { ModelDims } from './modelConfig.ts'
import type { LoraWeights } from './packCache.ts'
import type { Pool } from './pool.ts'
import { checkSampling } from './sampling.ts'
import type * as T from './engineApi.ts'
import { rowCosts } from './sharedRows.ts'
import { WeightVersions } from './weightVersions.ts'

type Adapter = {
  layout: LoraLayout
  weights: LoraWeights
  frozen: boolean
  /** Null until the first gradient; so are Adam's moments. */
  gradient: Float32Array | null
  adam: AdamState | null
  /** The last call that changes or reads the weights: calls on one adapter run in the order they were made. */
  last: Promise<unknown>
}

export class ShardedEngine implements T.Engine {
  readonly info: T.EngineInfo
  readonly #dims: ModelDims
  readonly #plan: LinearPlan
  readonly #pool: Pool
  readonly #versions: WeightVersions
  readonly #adapters = new Map<T.AdapterId, Adapter>()
  #nextId = 0

  constructor(dims: ModelDims, plan: LinearPlan, pool: Pool, info: T.EngineInfo) {
    this.#dims = dims
    this.#plan = plan
    this.#pool = pool
    this.#versions = new WeightVersions((version) => pool.drop(version))
    this.info = info
  }

  createAdapter(shape: T.LoraShape): T.AdapterId {
    const layout = planLora(this.#plan, shape)
    return this.#add(layout, this.#versions.make(layout, initialLora(layout)), null, false)
  }

  snapshotAdapter(id: T.AdapterId): T.AdapterId {
    const { layout, weights } = this.#find(id)
    return this.#add(layout, this.#versions.hold(weights), null, true)
  }

  dropAdapter(id: T.AdapterId): void {
    const adapter = this.#find(id)
    this.#adapters.delete(id)
    // After the calls that were made before: they still work with it.
    void this.#inOrder(adapter, async () => this.#versions.release(adapter.weights))
  }

  adapterParameters(id: T.AdapterId): number {
    return loraParameters(this.#find(id).layout)
  }

  async forward(
    id: T.AdapterId | null,
    data: readonly T.Datum[],
    loss: T.LossName,
    config?: T.LossConfig,
  ): Promise<T.BatchResult> {
    return this.#withWeights(id, async (weights) => (await this.#run(weights, data, loss, config, false)).result)
  }

  async forwardBackward(
    id: T.AdapterId,
    data: readonly T.Datum[],
    loss: T.LossName,
    config?: T.LossConfig,
  ): Promise<T.BatchResult> {
    const adapter = this.#trainable(id)
    return this.#inOrder(adapter, async () => {
      const weights = this.#versions.hold(adapter.weights)
      const { result, gradient } = await this.#run(weights, data, loss, config, true).finally(() =>
        this.#versions.release(weights),
      )
      if (adapter.gradient) addInto(adapter.gradient, gradient!)
      else adapter.gradient = gradient
      return result
    })
  }

  async optimStep(id: T.AdapterId, adam: T.AdamParams): Promise<T.OptimResult> {
    const adapter = this.#trainable(id)
    checkAdam(adam)
    return this.#inOrder(adapter, async () => {
      const { layout, weights } = adapter
      const gradient = adapter.gradient ?? new Float32Array(layout.floats)
      adapter.gradient = null
      const before = adapter.adam ?? freshAdam(layout.floats)
      const { params, state, result } = adamStep(weights.data, gradient, before, adam)
      adapter.adam = state
      this.#replace(adapter, this.#versions.make(layout, params))
      return result
    })
  }

  async exportAdapter(id: T.AdapterId, options: { optimizer: boolean }): Promise<T.AdapterState> {
    const adapter = this.#find(id)
    return this.#inOrder(adapter, async () =>
      stateOfAdapter(adapter.layout, adapter.weights.data, options.optimizer ? adapter.adam : null),
    )
  }

  async importAdapter(state: T.AdapterState): Promise<T.AdapterId> {
    const layout = planLora(this.#plan, state.shape)
    const { data, adam } = weightsFromState(layout, state)
    return this.#add(layout, this.#versions.make(layout, data), adam, false)
  }

  async restoreAdapter(id: T.AdapterId, state: T.AdapterState): Promise<void> {
    const adapter = this.#trainable(id)
    const { rank, trainAttn, trainMlp, trainUnembed } = adapter.layout.shape
    const s = state.shape
    if (s.rank !== rank || s.trainAttn !== trainAttn || s.trainMlp !== trainMlp || s.trainUnembed !== trainUnembed) {
      throw new EngineError('invalidInput', 'the saved adapter has another rank or other targets than this one')
    }
    const { data, adam } = weightsFromState(adapter.layout, state)
    await this.#inOrder(adapter, async () => {
      this.#replace(adapter, this.#versions.make(adapter.layout, data))
      adapter.adam = adam
      adapter.gradient = null
    })
  }

  async sample(
    id: T.AdapterId | null,
    prompt: Int32Array,
    n: number,
    params: T.SampleParams,
    signal?: AbortSignal,
  ): Promise<T.SampledSequence[]> {
    checkSampling(params, prompt.length, n, this.#dims)
    checkTokens(prompt, this.#dims, 'prompt')
    if (signal?.aborted) throw new EngineError('cancelled', 'sampling was cancelled')
    const seed = params.seed ?? Math.floor(Math.random() * 2 ** 32)
    const job = { prompt, first: 0, count: n, params: { ...params, seed } }
    return this.#withWeights(id, (weights) => this.#pool.sample(weights, job, signal))
  }

  async promptLogprobs(id: T.AdapterId | null, tokens: Int32Array): Promise<Float32Array> {
    this.#checkPrompt(tokens)
    const out = new Float32Array(tokens.length).fill(NaN)
    if (tokens.length < 2) return out
    const datum = { tokens: tokens.slice(0, -1), targets: tokens.slice(1) }
    const { logprobs } = await this.forward(id, [datum], 'cross_entropy')
    out.set(logprobs[0]!, 1)
    return out
  }

  async promptTopLogprobs(
    id: T.AdapterId | null,
    tokens: Int32Array,
    k: number,
  ): Promise<{ tokens: Int32Array; logprobs: Float32Array }> {
    this.#checkPrompt(tokens)
    if (!Number.isInteger(k) || k < 1 || k > this.#dims.vocab) {
      throw new EngineError('invalidInput', `k is ${k}; expected a whole number from 1 to ${this.#dims.vocab}`)
    }
    const out = { tokens: new Int32Array(tokens.length * k), logprobs: new Float32Array(tokens.length * k) }
    out.logprobs.fill(-99999, 0, k)
    if (tokens.length < 2) return out
    const top = await this.#withWeights(id, (weights) => this.#pool.top(weights, tokens.slice(0, -1), k))
    out.tokens.set(top.tokens, k)
    out.logprobs.set(top.logprobs, k)
    return out
  }

  close(): void {
    this.#pool.close()
  }

  async #run(
    weights: LoraWeights | null,
    data: readonly T.Datum[],
    loss: T.LossName,
    config: T.LossConfig | undefined,
    gradient: boolean,
  ): Promise<{ result: T.BatchResult; gradient: Float32Array | null }> {
    const resolved = resolveLoss(loss, config)
    checkData(data, loss, this.#dims)
    const runs = planMicroBatches(rowCosts(data))
    const outputs = runs.map(async ([from, to]) => {
      const part = data.slice(from, to)
      const job = packJob(part, loss, resolved, gradient)
      const output = await this.#pool.batch(weights, job)
      return { ...output, logprobs: unpackLogprobs(part, job, output.logprobs) }
    })
    // Whichever fails first, the others' failures are not left unheard.
    void Promise.allSettled(outputs)
    let total = 0
    let sum: Float32Array | null = null
    const logprobs: Float32Array[] = []
    // In the order of the data, each as soon as it and those before it are there: workers are still at the later ones.
    for (const pending of outputs) {
      const output = await pending
      logprobs.push(...output.logprobs)
      total += output.loss
      if (output.gradient) {
        if (sum) addInto(sum, output.gradient)
        else sum = output.gradient
      }
    }
    return { result: { logprobs, loss: total, metrics: { 'loss:sum': total } }, gradient: sum }
  }

  /** Runs `work` with the weights as they are once earlier calls on the adapter are done; later steps do not touch them. */
  async #withWeights<R>(id: T.AdapterId | null, work: (weights: LoraWeights | null) => Promise<R>): Promise<R> {
    if (id === null) return work(null)
    const adapter = this.#find(id)
    if (!adapter.frozen) await this.#inOrder(adapter, async () => {})
    const weights = this.#versions.hold(adapter.weights)
    try {
      return await work(weights)
    } finally {
      this.#versions.release(weights)
    }
  }

  #replace(adapter: Adapter, weights: LoraWeights): void {
    this.#versions.release(adapter.weights)
    adapter.weights = weights
  }

  #inOrder<R>(adapter: Adapter, work: () => Promise<R>): Promise<R> {
    const run = adapter.last.then(work)
    adapter.last = run.catch(() => {})
    return run
  }

  #add(layout: LoraLayout, weights: LoraWeights, adam: AdamState | null, frozen: boolean): T.AdapterId {
    const id = `adapter-${this.#nextId++}` as T.AdapterId
    this.#adapters.set(id, { layout, weights, frozen, gradient: null, adam, last: Promise.resolve() })
    return id
  }

  #find(id: T.AdapterId): Adapter {
    const adapter = this.#adapters.get(id)
    if (!adapter) throw new EngineError('unknownAdapter', `there is no adapter ${id}: it was dropped or never made`)
    return adapter
  }

  #trainable(id: T.AdapterId): Adapter {
    const adapter = this.#find(id)
    if (adapter.frozen) throw new EngineError('invalidInput', `${id} is a snapshot and cannot be trained`)
    return adapter
  }

  #checkPrompt(tokens: Int32Array): void {
    if (tokens.length === 0) throw new EngineError('invalidInput', 'the prompt is empty')
    if (tokens.length > this.#dims.maxContext) {
      const most = this.#dims.maxContext
      throw new EngineError('invalidInput', `the prompt has ${tokens.length} tokens; the model reads at most ${most}`)
    }
    checkTokens(tokens, this.#dims, 'prompt')
  }
}

function addInto(sum: Float32Array, more: Float32Array): void {
  const { length } = sum
  for (let i = 0; i < length; i++) sum[i] = sum[i]! + more[i]!
}
