/** What decides the next token of one sequence: temperature, top-k, top-p, its own random stream, and when to stop. */
import { deriveSeed } from '../../base/rng.ts'
import { EngineError } from './errors.ts'
import type { ModelDims } from './modelConfig.ts'
import type { SampleParams } from './engineApi.ts'

/** Below this the quotient of logits overflows; the limit is the most likely token. */
const COLDEST = 1e-5

export function isGreedy(params: SampleParams): boolean {
  return params.temperature < COLDEST
}

export function checkSampling(params: SampleParams, promptLength: number, n: number, dims: ModelDims): void {
  const refuse = (message: string): never => {
    throw new EngineError('invalidInput', message)
  }
  const { maxTokens, temperature, topP, topK, seed } = params
  if (!Number.isInteger(n) || n < 1) refuse(`number of samples is ${n}; expected a positive whole number`)
  if (!Number.isInteger(maxTokens) || maxTokens < 0) refuse(`max_tokens is ${maxTokens}; expected a whole number ≥ 0`)
  if (!Number.isFinite(temperature) || temperature < 0) refuse(`temperature is ${temperature}; expected a number ≥ 0`)
  if (!(topP > 0 && topP <= 1)) refuse(`top_p is ${topP}; expected a number in (0, 1]`)
  if (!Number.isInteger(topK) || topK < -1) refuse(`top_k is ${topK}; expected −1 (off) or a whole number ≥ 0`)
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0))
    refuse(`seed is ${seed}; expected a whole number ≥ 0`)
  if (params.stopSequences.some((s) => s.length === 0)) refuse('a stop sequence is empty')
  if (promptLength === 0) refuse('the prompt is empty')
  if (promptLength + maxTokens > dims.maxContext) {
    refuse(`prompt of ${promptLength} tokens + max_tokens ${maxTokens} exceeds the context of ${dims.maxContext}`)
  }
}

/** Seed of sample `index` of a call. */
export function sampleSeed(seed: number, index: number): number {
  return deriveSeed(seed % 2 ** 32, 'sample', Math.floor(seed / 2 ** 32), index)
}

/** One row of the sampler's numbers, as the kernel `temper` leaves them. */
export type Distribution = {
  logits: Float32Array
  /** softmax(logits / temperature) */
  probs: Float32Array
  maxLogit: number
  /** log Σ exp((logit − maxLogit) / temperature) */
  logSum: number
  inverseTemperature: number
}

export type Choice = { token: number; logprob: number }

/** `u` uniform in [0, 1). Ties go to the smaller token id. Refuses with `diverged` where no probabilities exist. */
export function chooseToken(d: Distribution, params: SampleParams, u: number): Choice {
  if (!Number.isFinite(d.maxLogit) || !Number.isFinite(d.logSum)) {
    throw new EngineError('diverged', 'the model gives no finite probabilities: its training has diverged')
  }
  if (isGreedy(params)) {
    const token = d.logits.indexOf(d.maxLogit)
    return { token, logprob: logprobOf(d, token) }
  }
  const { probs } = d
  const truncated = (params.topK > 0 && params.topK < probs.length) || params.topP < 1
  const total = sum(probs, null)
  if (!truncated) {
    const token = draw(probs, null, u * total)
    return { token, logprob: logprobOf(d, token) }
  }
  const kept = keep(probs, params)
  const mass = sum(probs, kept)
  const token = draw(probs, kept, u * mass)
  return { token, logprob: Math.fround(logprobOf(d, token) - Math.log(mass / total)) }
}

/** The steps of the kernels' targetLogprobs in the same roundings: at temperature 1 the training forward agrees bit for bit. */
function logprobOf(d: Distribution, token: number): number {
  const scaled = Math.fround(Math.fround(d.logits[token]! - d.maxLogit) * d.inverseTemperature)
  return Math.fround(scaled - d.logSum)
}

/** Token ids by falling probability: the top k of them, then the smallest head that holds topP of those. */
function keep(probs: Float32Array, params: SampleParams): number[] {
  const order = Array.from(probs, (_, i) => i).sort((a, b) => probs[b]! - probs[a]! || a - b)
  const most = params.topK > 0 ? order.slice(0, params.topK) : order
  if (params.topP >= 1) return most
  const wanted = sum(probs, most) * params.topP
  let seen = 0
  const end = most.findIndex((token) => (seen += probs[token]!) >= wanted)
  return end < 0 ? most : most.slice(0, end + 1)
}

function sum(probs: Float32Array, tokens: readonly number[] | null): number {
  let total = 0
  if (tokens) for (const token of tokens) total += probs[token]!
  else for (let i = 0; i < probs.length; i++) total += probs[i]!
  return total
}

function draw(probs: Float32Array, tokens: readonly number[] | null, target: number): number {
  let seen = 0
  const count = tokens ? tokens.length : probs.length
  for (let i = 0; i < count; i++) {
    const token = tokens ? tokens[i]! : i
    seen += probs[token]!
    if (seen > target) return token
  }
  return tokens ? tokens[count - 1]! : count - 1
}

/** True when the last token is a stop token or the tail is a stop sequence. */
export function isStopped(tokens: readonly number[], params: SampleParams): boolean {
  const last = tokens[tokens.length - 1]!
  if (params.stopTokens.includes(last)) return true
  return params.stopSequences.some((sequence) => {
    const start = tokens.length - sequence.length
    return start >= 0 && sequence.every((token, i) => tokens[start + i] === token)
  })
}
