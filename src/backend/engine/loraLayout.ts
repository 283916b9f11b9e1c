/** How an adapter's numbers lie in one flat vector, and how they are named and started. */
import { deriveSeed, seededRng } from '../../base/rng.ts'
import { EngineError } from './errors.ts'
import type { Linear, LinearGroup, LinearPlan } from './linears.ts'
import type { LoraShape } from './engineApi.ts'

/** Ranks are stored in panels of 16 columns; the columns past the rank are zero and stay so. */
export type LoraLayout = {
  shape: LoraShape
  /** alpha / rank */
  scale: number
  /** Panels per matrix: ceil(rank / 16). */
  panels: number
  /** Length of the flat vector in floats. */
  floats: number
  /** The trained linears by path. */
  at: ReadonlyMap<string, LoraPlace>
}

/** Offsets of A ([panels][input][16]) and B ([panels][output][16]). */
export type LoraPlace = { linear: Linear; a: number; b: number }

export function planLora(plan: LinearPlan, shape: LoraShape): LoraLayout {
  const { rank } = shape
  if (!Number.isInteger(rank) || rank < 1 || rank > 64 || (rank & (rank - 1)) !== 0) {
    throw new EngineError('invalidInput', `rank ${rank} is not a power of two from 1 to 64`)
  }
  if (!Number.isFinite(shape.alpha)) throw new EngineError('invalidInput', `alpha ${shape.alpha} is not a number`)
  if (!shape.trainAttn && !shape.trainMlp && !shape.trainUnembed) {
    throw new EngineError('invalidInput', 'the adapter trains nothing: switch on attention, MLP or unembedding')
  }
  const trains = { attn: shape.trainAttn, mlp: shape.trainMlp, unembed: shape.trainUnembed }
  const panels = Math.ceil(rank / 16)
  const at = new Map<string, LoraPlace>()
  let floats = 0
  const groups = plan.layers.flatMap((g): LinearGroup[] => [g.qkv, g.o, g.gateUp, g.down])
  for (const { members } of [...groups, plan.head]) {
    const trained = members.filter((m) => trains[m.target])
    // The As of a group are neighbours, so that x·[A₁ A₂ …] is one product.
    const as = trained.map((m) => {
      const a = floats
      floats += panels * m.input * 16
      return a
    })
    trained.forEach((m, i) => {
      at.set(m.path, { linear: m, a: as[i]!, b: floats })
      floats += panels * m.output * 16
    })
  }
  return { shape, scale: shape.alpha / rank, panels, floats, at }
}

/** One exported matrix: PEFT shape [rank, input] for A, [output, rank] for B. */
export type LoraMatrix = { name: string; shape: [number, number]; at: number; side: 'A' | 'B'; width: number }

export function loraMatrices(layout: LoraLayout): LoraMatrix[] {
  const { rank } = layout.shape
  return [...layout.at.values()].flatMap(({ linear, a, b }): LoraMatrix[] => {
    const name = `base_model.model.${linear.path}.lora_`
    return [
      { name: name + 'A.weight', shape: [rank, linear.input], at: a, side: 'A', width: linear.input },
      { name: name + 'B.weight', shape: [linear.output, rank], at: b, side: 'B', width: linear.output },
    ]
  })
}

/** Number of trained parameters, the padding left out. */
export function loraParameters(layout: LoraLayout): number {
  return loraMatrices(layout).reduce((sum, m) => sum + m.shape[0] * m.shape[1], 0)
}

/** Panels → the matrix as PEFT stores it. */
export function matrixFromPanels(layout: LoraLayout, matrix: LoraMatrix, vector: Float32Array): Float32Array {
  const out = new Float32Array(matrix.shape[0] * matrix.shape[1])
  eachElement(layout, matrix, (flat, panel) => {
    out[flat] = vector[panel]!
  })
  return out
}

export function matrixToPanels(layout: LoraLayout, matrix: LoraMatrix, data: Float32Array, vector: Float32Array): void {
  eachElement(layout, matrix, (flat, panel) => {
    vector[panel] = data[flat]!
  })
}

function eachElement(layout: LoraLayout, matrix: LoraMatrix, visit: (flat: number, panel: number) => void): void {
  const { rank } = layout.shape
  const { at, side, width } = matrix
  for (let r = 0; r < rank; r++) {
    const panel = at + (r >> 4) * width * 16 + (r & 15)
    for (let i = 0; i < width; i++) visit(side === 'A' ? r * width + i : i * rank + r, panel + i * 16)
  }
}

/** A uniform in ±1/√input (what `nn.Linear` and PEFT start from), B zero; every matrix has its own stream of the seed. */
export function initialLora(layout: LoraLayout): Float32Array {
  const vector = new Float32Array(layout.floats)
  for (const matrix of loraMatrices(layout)) {
    if (matrix.side === 'B') continue
    const rng = seededRng(deriveSeed(layout.shape.seed, 'lora', matrix.name))
    const bound = 1 / Math.sqrt(matrix.width)
    const data = new Float32Array(matrix.shape[0] * matrix.shape[1])
    for (let i = 0; i < data.length; i++) data[i] = (2 * rng.next() - 1) * bound
    matrixToPanels(layout, matrix, data, vector)
  }
  return vector
}
