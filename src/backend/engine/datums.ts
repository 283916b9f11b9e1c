/** Checks datums before anything reaches the kernels, and packs them into micro-batches. */
import { EngineError } from './errors.ts'
import type { LossInputs } from './losses.ts'
import type { ModelDims } from './modelConfig.ts'
import type { Datum, LossConfig, LossName } from './engineApi.ts'

/** One unit of work for one worker. Everything is laid end to end over the datums of the micro-batch. */
export type BatchJob = {
  tokens: Int32Array
  lengths: number[]
  /** [rows][targetsPerRow] */
  targets: Int32Array
  targetsPerRow: number
  loss: LossName
  config: LossConfig
  inputs: LossInputs
  gradient: boolean
}

export function checkTokens(tokens: Int32Array, dims: ModelDims, what: string): void {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    if (token < 0 || token >= dims.vocab) {
      throw new EngineError('invalidInput', `${what}: token ${token} at ${i} is outside 0 … ${dims.vocab - 1}`)
    }
  }
}

/** Rejects with `invalidInput`, naming the datum and the field. */
export function checkData(data: readonly Datum[], loss: LossName, dims: ModelDims): void {
  if (data.length === 0) throw new EngineError('invalidInput', 'no data provided')
  data.forEach((datum, index) => {
    const at = `datum ${index}`
    const length = datum.tokens.length
    if (length === 0) throw new EngineError('invalidInput', `${at} has no tokens`)
    if (length > dims.maxContext) {
      throw new EngineError('invalidInput', `${at} has ${length} tokens; the model reads at most ${dims.maxContext}`)
    }
    checkTokens(datum.tokens, dims, `${at}, tokens`)
    checkTokens(datum.targets, dims, `${at}, targets`)
    const k = datum.targetsPerToken ?? 1
    if (!Number.isInteger(k) || k < 1 || k > dims.vocab) {
      throw new EngineError('invalidInput', `${at}: targetsPerToken is ${k}`)
    }
    if (k > 1 && loss !== 'cross_entropy') {
      throw new EngineError('invalidInput', `${at}: several targets per token are for cross_entropy only, not ${loss}`)
    }
    const field = (name: 'targets' | 'weights' | 'logprobs' | 'advantages' | 'mask', required: boolean): void => {
      const values = datum[name]
      if (values === undefined) {
        if (required) throw new EngineError('invalidInput', `${at}: loss ${loss} needs ${name}`)
        return
      }
      if (values.length !== length * k) {
        throw new EngineError('invalidInput', `${at}: ${name} has ${values.length} values for ${length * k} targets`)
      }
      if (!values.every(Number.isFinite)) {
        throw new EngineError('invalidInput', `${at}: ${name} holds a number that is not finite`)
      }
    }
    field('targets', true)
    if (loss === 'cross_entropy') field('weights', false)
    else {
      field('logprobs', true)
      field('advantages', true)
      field('mask', false)
    }
  })
}

/** Tokens per micro-batch that stay in cache together. */
const MOST_TOKENS = 256

/**
 * Splits datums, in order, into runs of about equal tokens. The split depends on the data alone, never on the number of
 * workers: each run's gradient is computed apart and they are added in order, so that any number gives the same bits.
 */
export function planMicroBatches(lengths: readonly number[]): [from: number, to: number][] {
  const total = lengths.reduce((a, b) => a + b, 0)
  const pieces = total < 128 ? 1 : total < 512 ? 2 : 4 * Math.ceil(total / (4 * MOST_TOKENS))
  const runs: [number, number][] = []
  let from = 0
  let seen = 0
  lengths.forEach((length, i) => {
    const before = seen
    seen += length
    const cut = ((runs.length + 1) * total) / pieces
    if (seen < cut) return
    // Cut on whichever side of this datum is nearer to the even share.
    if (i > from && cut - before < seen - cut) {
      runs.push([from, i])
      from = i
    } else {
      runs.push([from, i + 1])
      from = i + 1
    }
  })
  if (from < lengths.length) runs.push([from, lengths.length])
  return runs
}

export function packJob(data: readonly Datum[], loss: LossName, config: LossConfig, gradient: boolean): BatchJob {
  const lengths = data.map((d) => d.tokens.length)
  const rows = lengths.reduce((a, b) => a + b, 0)
  const k = Math.max(...data.map((d) => d.targetsPerToken ?? 1))
  const job: BatchJob = {
    tokens: new Int32Array(rows),
    lengths,
    targets: new Int32Array(rows * k),
    targetsPerRow: k,
    loss,
    config,
    inputs: {},
    gradient,
  }
  const inputs = job.inputs
  if (loss === 'cross_entropy') inputs.weights = new Float32Array(rows * k)
  else {
    inputs.logprobs = new Float32Array(rows)
    inputs.advantages = new Float32Array(rows)
    inputs.mask = new Float32Array(rows).fill(1)
  }
  let row = 0
  for (const datum of data) {
    const own = datum.targetsPerToken ?? 1
    job.tokens.set(datum.tokens, row)
    // A datum with fewer targets per token than its neighbours gets extra ones of weight zero.
    for (let i = 0; i < datum.targets.length; i++) {
      const to = row * k + Math.floor(i / own) * k + (i % own)
      job.targets[to] = datum.targets[i]!
      if (inputs.weights) inputs.weights[to] = datum.weights ? datum.weights[i]! : 1
    }
    if (datum.logprobs) inputs.logprobs?.set(datum.logprobs, row)
    if (datum.advantages) inputs.advantages?.set(datum.advantages, row)
    if (datum.mask) inputs.mask?.set(datum.mask, row)
    row += datum.tokens.length
  }
  return job
}

/** The per-datum log-probabilities of a job's result, without the extra targets that packing added. */
export function unpackLogprobs(data: readonly Datum[], job: BatchJob, logprobs: Float32Array): Float32Array[] {
  const k = job.targetsPerRow
  let row = 0
  return data.map((datum) => {
    const own = datum.targetsPerToken ?? 1
    const out = new Float32Array(datum.targets.length)
    for (let i = 0; i < out.length; i++) out[i] = logprobs[row * k + Math.floor(i / own) * k + (i % own)]!
    row += datum.tokens.length
    return out
  })
}
