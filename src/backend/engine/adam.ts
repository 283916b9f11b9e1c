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
  const next = {
    params: new Float32Array(params.length),
    m: new Float32Array(params.length),
    v: new Float32Array(params.length),
  }
  const moved = update(params, gradient, state, p, clip, next)
  if (!Number.isFinite(moved)) {
    throw new EngineError(
      'diverged',
      `a step at learning rate ${p.learningRate} left the range of f32; it was not taken`,
    )
  }
  const { m, v } = next
  return { params: next.params, state: { step, m, v }, result: { gradNorm, updateNorm: Math.sqrt(moved), step } }
}

/** Fills `next` and returns the squared length of the step. Everything the loop reads is a local: several times as fast. */
function update(
  params: Float32Array,
  gradient: Float32Array,
  { step, m, v }: AdamState,
  { learningRate, beta1, beta2, eps, weightDecay }: AdamParams,
  clip: number,
  next: { params: Float32Array; m: Float32Array; v: Float32Array },
): number {
  const { params: nextParams, m: nextM, v: nextV } = next
  const rate = learningRate / (1 - beta1 ** (step + 1))
  const rootCorrection = Math.sqrt(1 - beta2 ** (step + 1))
  const keep = 1 - learningRate * weightDecay
  const fresh1 = 1 - beta1
  const fresh2 = 1 - beta2
  const { length } = params
  let moved = 0
  for (let i = 0; i < length; i++) {
    const g = gradient[i]! * clip
    const before = params[i]!
    const newM = Math.fround(beta1 * m[i]! + fresh1 * g)
    const newV = Math.fround(beta2 * v[i]! + fresh2 * g * g)
    const after = Math.fround(before * keep - (rate * newM) / (Math.sqrt(newV) / rootCorrection + eps))
    nextM[i] = newM
    nextV[i] = newV
    nextParams[i] = after
    moved += (after - before) * (after - before)
  }
  return moved
}

function norm(vector: Float32Array): number {
  const { length } = vector
  let sum = 0
  for (let i = 0; i < length; i++) {
    const x = vector[i]!
    sum += x * x
  }
  return Math.sqrt(sum)
}
