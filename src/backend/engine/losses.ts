/**
 * The API's token losses and their derivatives with respect to each token's log-probability, in f64.
 * lp = log-probability of the target, q = the sampler's, A = advantage, r = exp(lp − q). All are sums.
 */
import { EngineError } from './errors.ts'
import type { LossConfig, LossName } from './engineApi.ts'

/** Loss inputs of one micro-batch, flattened over its targets. */
export type LossInputs = {
  weights?: Float32Array
  logprobs?: Float32Array
  advantages?: Float32Array
  mask?: Float32Array
}

type TokenLoss = (lp: number, q: number, advantage: number) => readonly [loss: number, slope: number]

/** Defaults of the hosted service (cispo's as its tutorial gives them, dro's from its examples); bounds are absolute ratios. */
const DEFAULTS: Readonly<Record<LossName, LossConfig>> = {
  cross_entropy: {},
  importance_sampling: {},
  ppo: { clip_low_threshold: 0.8, clip_high_threshold: 1.2 },
  cispo: { clip_low_threshold: 0, clip_high_threshold: 4 },
  dro: { beta: 0.05 },
}

export const lossNames: readonly LossName[] = Object.keys(DEFAULTS) as LossName[]

/** Fills in defaults; rejects unknown losses, unknown keys and bounds that exclude each other. */
export function resolveLoss(name: LossName, config: LossConfig = {}): LossConfig {
  const defaults = DEFAULTS[name]
  if (defaults === undefined) {
    throw new EngineError('invalidInput', `unknown loss "${String(name)}"; known: ${lossNames.join(', ')}`)
  }
  for (const [key, value] of Object.entries(config)) {
    if (!(key in defaults)) {
      const known = Object.keys(defaults).join(', ') || 'none'
      throw new EngineError('invalidInput', `loss ${name} has no setting "${key}"; its settings: ${known}`)
    }
    if (!Number.isFinite(value)) throw new EngineError('invalidInput', `${key} is ${value}; expected a number`)
  }
  const resolved = { ...defaults, ...config }
  const low = resolved['clip_low_threshold']
  const high = resolved['clip_high_threshold']
  if (low !== undefined && high !== undefined && low > high) {
    throw new EngineError('invalidInput', `clip_low_threshold ${low} is above clip_high_threshold ${high}`)
  }
  return resolved
}

/** Writes dLoss/dlp into `slopes` and returns the summed loss. */
export function evaluateLoss(
  name: LossName,
  config: LossConfig,
  lp: Float32Array,
  inputs: LossInputs,
  slopes: Float32Array,
): number {
  let total = 0
  if (name === 'cross_entropy') {
    for (let i = 0; i < lp.length; i++) {
      const weight = inputs.weights ? inputs.weights[i]! : 1
      // A weight of zero leaves a token out even where its log-probability is −infinity.
      if (weight !== 0) total -= weight * lp[i]!
      slopes[i] = -weight
    }
    return total
  }
  const loss = tokenLoss(name, config)
  for (let i = 0; i < lp.length; i++) {
    const mask = inputs.mask ? inputs.mask[i]! : 1
    if (mask === 0) {
      slopes[i] = 0
      continue
    }
    const [value, slope] = loss(lp[i]!, inputs.logprobs![i]!, inputs.advantages![i]!)
    total += mask * value
    slopes[i] = mask * slope
  }
  return total
}

function tokenLoss(name: Exclude<LossName, 'cross_entropy'>, config: LossConfig): TokenLoss {
  const low = config['clip_low_threshold'] ?? 0
  const high = config['clip_high_threshold'] ?? Infinity
  const clip = (r: number): number => Math.min(high, Math.max(low, r))
  if (name === 'importance_sampling') {
    return (lp, q, a) => {
      const gain = Math.exp(lp - q) * a
      return [-gain, -gain]
    }
  }
  if (name === 'ppo') {
    return (lp, q, a) => {
      const r = Math.exp(lp - q)
      const free = r * a
      const clipped = clip(r) * a
      return free <= clipped ? [-free, -free] : [-clipped, 0]
    }
  }
  if (name === 'cispo') {
    // The clipped ratio is a constant: no gradient flows through it.
    return (lp, q, a) => {
      const gain = clip(Math.exp(lp - q)) * a
      return [-gain * lp, -gain]
    }
  }
  const beta = config['beta']!
  return (lp, q, a) => [-(lp * a - 0.5 * beta * (lp - q) ** 2), -(a - beta * (lp - q))]
}
