/** Adapters to and from their resting form: f32 matrices under PEFT's names, Adam's moments beside them. Exact both ways. */
import { freshAdam } from './adam.ts'
import type { AdamState } from './adam.ts'
import { EngineError } from './errors.ts'
import { loraMatrices, matrixFromPanels, matrixToPanels } from './loraLayout.ts'
import type { LoraLayout, LoraMatrix } from './loraLayout.ts'
import type { AdapterState } from './engineApi.ts'

export function stateOfAdapter(layout: LoraLayout, weights: Float32Array, adam: AdamState | null): AdapterState {
  const matrices = loraMatrices(layout)
  const all = (vector: Float32Array): [string, Float32Array][] =>
    matrices.map((m) => [m.name, matrixFromPanels(layout, m, vector)])
  const shapes = new Map(matrices.map((m) => [m.name, m.shape]))
  const state: AdapterState = {
    shape: { ...layout.shape },
    tensors: Object.fromEntries(all(weights).map(([name, data]) => [name, { shape: shapes.get(name)!, data }])),
  }
  if (adam) {
    state.optimizer = { step: adam.step, m: Object.fromEntries(all(adam.m)), v: Object.fromEntries(all(adam.v)) }
  }
  return state
}

/** Rejects with `invalidInput` when a matrix is missing, misshapen, or not finite. */
export function weightsFromState(
  layout: LoraLayout,
  state: AdapterState,
): { data: Float32Array; adam: AdamState | null } {
  const data = gather(layout, (m) => {
    const tensor = state.tensors[m.name]
    if (tensor && tensor.shape.join() !== m.shape.join()) {
      throw new EngineError(
        'invalidInput',
        `${m.name} has shape [${tensor.shape.join(', ')}]; this model and rank need [${m.shape.join(', ')}]`,
      )
    }
    return tensor?.data
  })
  if (!state.optimizer) return { data, adam: null }
  const { step, m, v } = state.optimizer
  if (!Number.isInteger(step) || step < 0) throw new EngineError('invalidInput', `the optimizer's step is ${step}`)
  const adam = freshAdam(0)
  adam.step = step
  adam.m = gather(layout, (matrix) => m[matrix.name], ' (first moment)')
  adam.v = gather(layout, (matrix) => v[matrix.name], ' (second moment)')
  return { data, adam }
}

function gather(layout: LoraLayout, take: (m: LoraMatrix) => Float32Array | undefined, what = ''): Float32Array {
  const vector = new Float32Array(layout.floats)
  for (const m of loraMatrices(layout)) {
    const data = take(m)
    if (!data) throw new EngineError('invalidInput', `the saved adapter lacks ${m.name}${what}`)
    if (data.length !== m.shape[0] * m.shape[1]) {
      throw new EngineError('invalidInput', `${m.name}${what} has ${data.length} values, not ${m.shape.join(' × ')}`)
    }
    if (!data.every(Number.isFinite)) throw new EngineError('invalidInput', `${m.name}${what} holds non-finite numbers`)
    matrixToPanels(layout, m, data, vector)
  }
  return vector
}
