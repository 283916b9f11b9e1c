/** The base model inside one wasm memory: norms, embedding, rotary tables and weights packed for both directions. */
import type { BaseWeights } from './baseWeights.ts'
import { Heap } from './heap.ts'
import type { KernelInstance } from './kernels/kernels.ts'
import { planLinears } from './linears.ts'
import type { Linear, LinearPlan } from './linears.ts'
import type { ModelDims } from './modelConfig.ts'

export type Packs = { forward: number; backward: number }

export type Model = {
  dims: ModelDims
  plan: LinearPlan
  heap: Heap
  embed: number
  finalNorm: number
  layers: { inputNorm: number; postNorm: number; qNorm: number; kNorm: number }[]
  cos: number
  sin: number
  base: Packs
}

export function buildModel(dims: ModelDims, weights: BaseWeights, instance: KernelInstance): Model {
  const heap = new Heap(instance)
  const plan = planLinears(dims)
  const base = { forward: heap.alloc(plan.forwardFloats), backward: heap.alloc(plan.backwardFloats) }
  const pack = (linear: Linear, data: Float32Array): void => {
    const { input, output } = linear
    const source = heap.put(data)
    const { kernels } = heap
    kernels.packColumns(source, input, output, input, base.forward + linear.forwardAt * 4, 1)
    // Each 16-column panel goes to its own place: the group's panels are longer than this member.
    for (let j = 0; j < input; j += 16) {
      const to = base.backward + (linear.backwardAt + (j / 16) * linear.backwardStride) * 4
      kernels.packRows(source + j * 4, input, output, 16, to)
    }
    heap.free(source)
  }
  const layers = weights.layers.map((w, l) => {
    const { qkv, o, gateUp, down } = plan.layers[l]!
    qkv.members.forEach((linear, i) => pack(linear, [w.q, w.k, w.v][i]!))
    pack(o.members[0]!, w.o)
    gateUp.members.forEach((linear, i) => pack(linear, [w.gate, w.up][i]!))
    pack(down.members[0]!, w.down)
    return {
      inputNorm: heap.put(w.inputNorm),
      postNorm: heap.put(w.postNorm),
      qNorm: heap.put(w.qNorm),
      kNorm: heap.put(w.kNorm),
    }
  })
  pack(plan.head.members[0]!, weights.head)
  const { cos, sin } = rotaryTables(dims)
  return {
    dims,
    plan,
    heap,
    embed: heap.put(weights.embed),
    finalNorm: heap.put(weights.finalNorm),
    layers,
    cos: heap.put(cos),
    sin: heap.put(sin),
    base,
  }
}

/** [maxContext][headSize / 2]. Frequencies and angles are rounded to f32 as transformers rounds them. */
function rotaryTables(dims: ModelDims): { cos: Float32Array; sin: Float32Array } {
  const half = dims.headSize / 2
  const cos = new Float32Array(dims.maxContext * half)
  const sin = new Float32Array(dims.maxContext * half)
  for (let i = 0; i < half; i++) {
    const frequency = Math.fround(1 / Math.fround(dims.ropeTheta ** ((2 * i) / dims.headSize)))
    for (let t = 0; t < dims.maxContext; t++) {
      const angle = Math.fround(t * frequency)
      cos[t * half + i] = Math.cos(angle)
      sin[t * half + i] = Math.sin(angle)
    }
  }
  return { cos, sin }
}
