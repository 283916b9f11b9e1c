/** AdamW over an adapter's flat vector, in f64 with f32 storage: the same bits in every build of the kernels. */
import { EngineError } from './errors.ts'
import type { AdamParams, OptimResult } from './engineApi.ts'

export type AdamState = { step: number; m: Float32Array; v: Float32Array }

export function freshAdam(floats: number): AdamState {
  return { step: 0, m: new Float32Array(floats), v: new Float32Array(floats) }
}

export function checkAdam(p: AdamParams): void {
  const refuse = (name: string, value: number, wanted: string): never => {
    throw new EngineError('invalidInput', `${name} is ${value}; expected ${wanted}`)
  }
  const finite = Number.isFinite
  if (!finite(p.learningRate) || p.learningRate < 0) refuse('learning_rate', p.learningRate, 'a number ≥ 0')
  if (!(p.beta1 >= 0 && p.beta1 < 1)) refuse('beta1', p.beta1, 'a number in [0, 1)')
  if (!(p.beta2 >= 0 && p.beta2 < 1)) refuse('beta2', p.beta2, 'a number in [0, 1)')
  if (!finite(p.eps) || p.eps <= 0) refuse('eps', p.eps, 'a number > 0')
  if (!finite(p.weightDecay) || p.weightDecay < 0) refuse('weight_decay', p.weightDecay, 'a number ≥ 0')
  if (!finite(p.gradClipNorm) || p.gradClipNorm < 0) refuse('grad_clip_norm', p.gradClipNorm, 'a number ≥ 0')
}

/**
 * Returns new parameters and a new state; the arguments stay as they are, also when the step is refused. As in torch: decay first, then the moments, both corrected for
 * their start at zero, eps added to the root; the gradient is scaled by max / (norm + 1e-6) when its norm is above max.
 */
export function adamStep(
  params: Float32Array,
  gradient: Float32Array,
  state: AdamState,
  p: AdamParams,
): { params: Float32Array; state: AdamState; result: OptimResult } {
  const gradNorm = norm(gradient)
  if (!Number.isFinite(gradNorm)) {
    throw new EngineError('diverged', 'the accumulated gradient is not finite; the step was not taken')
  }
  const clip = p.gradClipNorm > 0 && gradNorm > p.gradClipNorm ? p.gradClipNorm / (gradNorm + 1e-6) : 1
  const step = state.step + 1
  const rate = p.learningRate / (1 - p.beta1 ** step)
  const rootCorrection = Math.sqrt(1 - p.beta2 ** step)
  const keep = 1 - p.learningRate * p.weightDecay
  const next = new Float32Array(params.length)
  const m = new Float32Array(params.length)
  const v = new Float32Array(params.length)
  let moved = 0
  for (let i = 0; i < params.length; i++) {
    const g = gradient[i]! * clip
    m[i] = p.beta1 * state.m[i]! + (1 - p.beta1) * g
    v[i] = p.beta2 * state.v[i]! + (1 - p.beta2) * g * g
    next[i] = params[i]! * keep - (rate * m[i]!) / (Math.sqrt(v[i]!) / rootCorrection + p.eps)
    moved += (next[i]! - params[i]!) ** 2
  }
  if (!Number.isFinite(moved)) {
    throw new EngineError(
      'diverged',
      `a step at learning rate ${p.learningRate} left the range of f32; it was not taken`,
    )
  }
  return { params: next, state: { step, m, v }, result: { gradNorm, updateNorm: Math.sqrt(moved), step } }
}

function norm(vector: Float32Array): number {
  let sum = 0
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!
  return Math.sqrt(sum)
}
