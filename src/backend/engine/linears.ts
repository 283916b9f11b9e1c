/** Where each linear layer lies inside the packed weights, forward (x·Wᵀ) and backward (dy·W). */
import type { ModelDims } from './modelConfig.ts'

export type LinearTarget = 'attn' | 'mlp' | 'unembed'

export type Linear = {
  /** Module path as PEFT names it, e.g. `model.layers.0.self_attn.q_proj`. */
  path: string
  target: LinearTarget
  input: number
  output: number
  /** Float offset of its forward panels: ceil16(output) / 16 panels of [input][16]. */
  forwardAt: number
  /** Float offset of its first row inside the backward panels of its group; panel stride in floats. */
  backwardAt: number
  backwardStride: number
}

/** Linears that read the same input are packed as one: one product instead of three. */
export type LinearGroup = {
  members: Linear[]
  input: number
  /** Sum of the members' outputs, the last one's padding left out. */
  output: number
  forwardAt: number
  backwardAt: number
}

export type LayerGroups = { qkv: LinearGroup; o: LinearGroup; gateUp: LinearGroup; down: LinearGroup }

export type LinearPlan = {
  layers: LayerGroups[]
  head: LinearGroup
  all: Linear[]
  forwardFloats: number
  backwardFloats: number
}

export function pad16(n: number): number {
  return (n + 15) & ~15
}

export function planLinears(dims: ModelDims): LinearPlan {
  let forwardAt = 0
  let backwardAt = 0
  const all: Linear[] = []
  const group = (target: LinearTarget, input: number, parts: readonly (readonly [string, number])[]): LinearGroup => {
    const output = parts.reduce((sum, [, width]) => sum + width, 0)
    const start = { forwardAt, backwardAt }
    let row = 0
    const members = parts.map(([path, width]): Linear => {
      const linear = {
        path,
        target,
        input,
        output: width,
        forwardAt,
        backwardAt: start.backwardAt + row * 16,
        backwardStride: output * 16,
      }
      forwardAt += input * pad16(width)
      row += width
      return linear
    })
    backwardAt += output * input
    all.push(...members)
    return { members, input, output, ...start }
  }
  const { hidden, ffn } = dims
  const qWidth = dims.heads * dims.headSize
  const kvWidth = dims.kvHeads * dims.headSize
  const layers = Array.from({ length: dims.layers }, (_, l): LayerGroups => {
    const at = `model.layers.${l}.`
    return {
      qkv: group('attn', hidden, [
        [at + 'self_attn.q_proj', qWidth],
        [at + 'self_attn.k_proj', kvWidth],
        [at + 'self_attn.v_proj', kvWidth],
      ]),
      o: group('attn', qWidth, [[at + 'self_attn.o_proj', hidden]]),
      gateUp: group('mlp', hidden, [
        [at + 'mlp.gate_proj', ffn],
        [at + 'mlp.up_proj', ffn],
      ]),
      down: group('mlp', ffn, [[at + 'mlp.down_proj', hidden]]),
    }
  })
  const head = group('unembed', hidden, [['lm_head', dims.vocab]])
  return { layers, head, all, forwardFloats: forwardAt, backwardFloats: backwardAt }
}
