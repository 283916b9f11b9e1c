/** Checks datums before anything reaches the kernels, and packs them into micro-batches. */
import { EngineError } from './errors.ts'
import type { Run } from './forward.ts'
import { shareRows } from './sharedRows.ts'
import type { LossInputs } from './losses.ts'
import type { ModelDims } from './modelConfig.ts'
import type { Datum, LossConfig, LossName } from './engineApi.ts'

/** One unit of work for one worker. */
export type BatchJob = {
  /** [rows] */
  tokens: Int32Array
  runs: Run[]
  /** [rows][targetsPerRow] */
  targets: Int32Array
  targetsPerRow: number
  /** [positions]: the row that computes each position of the datums laid end to end. */
  rowOf: Int32Array
  /** [positions][targetsPerRow] */
  inputs: LossInputs
  loss: LossName
  config: LossConfig
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

/** Rows per micro-batch that stay in cache together. */
const MOST_ROWS = 256

/**
 * Splits datums, in order, into stretches of about equal cost in rows. The split depends on the data alone, never on the
 * number of workers: each stretch's gradient is computed apart and they are added in order, so that any number gives the
 * same bits.
 */
export function planMicroBatches(costs: readonly number[]): [from: number, to: number][] {
  const total = costs.reduce((a, b) => a + b, 0)
  const wanted = total < 128 ? 1 : total < 512 ? 2 : 4 * Math.ceil(total / (4 * MOST_ROWS))
  const stretches: [number, number][] = []
  let from = 0
  let seen = 0
  costs.forEach((cost, i) => {
    const before = seen
    seen += cost
    const cut = ((stretches.length + 1) * total) / wanted
    if (seen < cut || stretches.length === wanted - 1) return
    // Cut on whichever side of this datum is nearer to the even share.
    if (i > from && cut - before < seen - cut) {
      stretches.push([from, i])
      from = i
    } else {
      stretches.push([from, i + 1])
      from = i + 1
    }
  })
  if (from < costs.length) stretches.push([from, costs.length])
  return stretches
}

export function packJob(data: readonly Datum[], loss: LossName, config: LossConfig, gradient: boolean): BatchJob {
  const { runs, rowOf, rows } = shareRows(data)
  const positions = rowOf.length
  const k = Math.max(...data.map((d) => d.targetsPerToken ?? 1))
  const job: BatchJob = {
    tokens: new Int32Array(rows),
    runs,
    targets: new Int32Array(rows * k),
    targetsPerRow: k,
    rowOf,
    loss,
    config,
    inputs: {},
    gradient,
  }
  const inputs = job.inputs
  if (loss === 'cross_entropy') inputs.weights = new Float32Array(positions * k)
  else {
    inputs.logprobs = new Float32Array(positions)
    inputs.advantages = new Float32Array(positions)
    inputs.mask = new Float32Array(positions).fill(1)
  }
  let at = 0
  for (const datum of data) {
    const own = datum.targetsPerToken ?? 1
    for (let t = 0; t < datum.tokens.length; t++) job.tokens[rowOf[at + t]!] = datum.tokens[t]!
    // A datum with fewer targets per token than its neighbours gets extra ones of weight zero.
    for (let i = 0; i < datum.targets.length; i++) {
      const position = at + Math.floor(i / own)
      const target = i % own
      job.targets[rowOf[position]! * k + target] = datum.targets[i]!
      if (inputs.weights) inputs.weights[position * k + target] = datum.weights ? datum.weights[i]! : 1
    }
    if (datum.logprobs) inputs.logprobs?.set(datum.logprobs, at)
    if (datum.advantages) inputs.advantages?.set(datum.advantages, at)
    if (datum.mask) inputs.mask?.set(datum.mask, at)
    at += datum.tokens.length
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
