/** Merges the results of the chunks of one call. Source: protocol reference §6.4 (SDK 0.25.0). */
import type { ForwardBackwardOutput } from './forwardBackward.ts'

type Metrics = Readonly<Record<string, number>>
export type ChunkMetrics = { readonly metrics: Metrics; readonly weight: number }

/** Outputs in the order of the chunks, the first chunk's type, metrics merged by the suffix of their names. */
export function combineOutputs(outputs: readonly ForwardBackwardOutput[]): ForwardBackwardOutput {
  return {
    lossFnOutputType: outputs[0]?.lossFnOutputType ?? '',
    lossFnOutputs: outputs.flatMap((output) => output.lossFnOutputs),
    metrics: reduceMetrics(outputs.map(({ metrics, lossFnOutputs }) => ({ metrics, weight: lossFnOutputs.length }))),
  }
}

/**
 * Merges by the part of a name after its `:`. Only names that every chunk has are kept.
 *
 * Tolerant by default, because servers in use send `loss:avg` and plain `loss`, and a run must not end over a name:
 * names without a known suffix are averaged by weight, and when all weights are zero they count equally.
 * With `strict` it behaves as the official SDK: an unknown suffix is dropped.
 * @throws RangeError only with `strict`: for a name that has not exactly one colon, or a mean over zero weight.
 */
export function reduceMetrics(chunks: readonly ChunkMetrics[], { strict = false } = {}): Record<string, number> {
  const [first] = chunks
  const out: Record<string, number> = {}
  if (first === undefined) return out
  for (const key of Object.keys(first.metrics)) {
    if (!chunks.every((chunk) => Object.hasOwn(chunk.metrics, key))) continue
    if (strict && key.split(':').length !== 2) throw new RangeError(`the metric '${key}' needs exactly one colon`)
    const suffix = key.slice(key.lastIndexOf(':') + 1)
    if (strict && !SUFFIXES.has(suffix)) continue
    const values = chunks.map((chunk) => chunk.metrics[key]!)
    if (suffix === 'unique') values.forEach((value, i) => (out[i === 0 ? key : `${key}_${i}`] = value))
    else out[key] = reduceValues(suffix, values, weightsOf(chunks, strict && WEIGHTED.has(suffix)))
  }
  return out
}

const WEIGHTED = new Set(['mean', 'slack'])
const SUFFIXES = new Set(['sum', 'min', 'max', 'mean', 'slack', 'unique', 'hash_unordered', 'hash2'])

function reduceValues(suffix: string, values: readonly number[], weights: readonly number[]): number {
  switch (suffix) {
    case 'sum':
      return values.reduce((sum, v) => sum + v, 0)
    case 'min':
      return Math.min(...values)
    case 'max':
      return Math.max(...values)
    case 'slack':
      return Math.max(...values) - weightedMean(values, weights)
    case 'hash_unordered':
      return values.every(Number.isFinite) ? Number(hashUnordered(values)) : NaN
    case 'hash2':
      return values.every(Number.isFinite) ? Number(hashSum(values)) : NaN
    default:
      return weightedMean(values, weights)
  }
}

function weightsOf(chunks: readonly ChunkMetrics[], strict: boolean): number[] {
  const weights = chunks.map((chunk) => chunk.weight)
  if (weights.some((w) => w > 0)) return weights
  if (strict) throw new RangeError('a mean over chunks without loss outputs is not defined')
  return weights.map(() => 1)
}

function weightedMean(values: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, w) => sum + w, 0)
  return values.reduce((sum, v, i) => sum + v * weights[i]!, 0) / total
}

const HASH_MODULUS = (1n << 61n) - 1n
const P1 = 11400714785074694791n
const P2 = 14029467366897019727n
const P5 = 2870177450012600261n

/**
 * CPython's 64-bit hash of the tuple of the values, truncated to integers and sorted: the same whatever the order.
 * The value exceeds 2^53, so compare it as bigint; as a metric it is rounded to the nearest double.
 */
export function hashUnordered(values: readonly number[]): bigint {
  const integers = values.map((v) => BigInt(Math.trunc(v))).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  let acc = P5
  for (const value of integers) {
    acc = BigInt.asUintN(64, acc + BigInt.asUintN(64, hashInteger(value)) * P2)
    acc = BigInt.asUintN(64, (acc << 31n) | (acc >> 33n))
    acc = BigInt.asUintN(64, acc * P1)
  }
  acc = BigInt.asUintN(64, acc + (BigInt(integers.length) ^ (P5 ^ 3527539n)))
  return acc === (1n << 64n) - 1n ? 1546275796n : BigInt.asIntN(64, acc)
}

/** What SDK 0.38 has under `hash2` in place of `hash_unordered`: the sum of the truncated values, modulo 2^64. */
export function hashSum(values: readonly number[]): bigint {
  return values.reduce((sum, v) => BigInt.asUintN(64, sum + BigInt(Math.trunc(v))), 0n)
}

function hashInteger(value: bigint): bigint {
  const hash = value < 0n ? -(-value % HASH_MODULUS) : value % HASH_MODULUS
  return hash === -1n ? -2n : hash
}
