/** The decoder's forward pass over sequences laid end to end: one product for all tokens, attention per sequence. */
import type { Activations } from './activations.ts'
import type { LinearGroup } from './linears.ts'
import { pad16 } from './linears.ts'
import type { Model, Packs } from './model.ts'

/** A run of rows, laid after the run before it; it may continue an earlier run that has no prefix itself. */
export type Run = { length: number; prefix: number | null }

export type TokenRows = { tokens: Int32Array; runs: readonly Run[] }

/** Where a run lies: its first row, and that of its prefix, whose length is 0 when there is none. */
export type PlacedRun = { row: number; length: number; prefixRow: number; prefixLength: number }

export function placeRuns(runs: readonly Run[]): PlacedRun[] {
  const placed: PlacedRun[] = []
  let row = 0
  for (const { length, prefix } of runs) {
    const before = prefix === null ? null : placed[prefix]!
    placed.push({ row, length, prefixRow: before?.row ?? row, prefixLength: before?.length ?? 0 })
    row += length
  }
  return placed
}

/** Rows and the longest stretch of keys that any of them sees: what buffers must hold. */
export function extent(runs: readonly Run[]): { rows: number; longest: number } {
  const placed = placeRuns(runs)
  const rows = placed.reduce((sum, r) => sum + r.length, 0)
  return { rows, longest: Math.max(...placed.map((r) => r.prefixLength + r.length)) }
}

/** y (+)= x·Wᵀ for a whole group. */
export function applyLinear(
  model: Model,
  packs: Packs,
  group: LinearGroup,
  rows: number,
  x: number,
  ldx: number,
  y: number,
  ldy: number,
  add = false,
): void {
  const { input } = group
  const panels = packs.forward + group.forwardAt * 4
  model.heap.kernels.gemm(rows, pad16(group.output), input, x, ldx, 1, panels, input * 16, y, ldy, 16, add)
}

/** Runs all layers and the final norm. `onLayer` sees each layer's rotated keys and its values before they are overwritten. */
export function runLayers(
  model: Model,
  packs: Packs,
  batch: TokenRows,
  acts: Activations,
  onLayer?: (layer: number) => void,
): void {
  const { dims, heap } = model
  const { kernels } = heap
  const { strides: ld } = acts
  const n = batch.tokens.length
  const { heads, kvHeads, headSize, normEps } = dims
  const qBytes = heads * headSize * 4
  const kBytes = kvHeads * headSize * 4
  heap.i32(acts.tokens, n).set(batch.tokens)
  const runs = placeRuns(batch.runs)
  fillPositions(heap.i32(acts.positions, n), runs)
  kernels.embed(n, dims.hidden, acts.tokens, model.embed, acts.layers[0]!.x, ld.hidden)
  for (let l = 0; l < dims.layers; l++) {
    const a = acts.layers[l]!
    const w = model.layers[l]!
    const plan = model.plan.layers[l]!
    kernels.rmsForward(n, dims.hidden, a.x, ld.hidden, w.inputNorm, a.h1, ld.hidden, a.xInverse, normEps)
    applyLinear(model, packs, plan.qkv, n, a.h1, ld.hidden, a.qkv, ld.qkv)
    // prettier-ignore
    kernels.headNormRope(n, heads, headSize, a.qkv, ld.qkv, w.qNorm, acts.positions, model.cos, model.sin, normEps, a.qk, ld.qk, a.qInverse)
    // prettier-ignore
    kernels.headNormRope(n, kvHeads, headSize, a.qkv + qBytes, ld.qkv, w.kNorm, acts.positions, model.cos, model.sin, normEps, a.qk + qBytes, ld.qk, a.kInverse)
    const keys = a.qk + qBytes
    const values = a.qkv + qBytes + kBytes
    for (const { row, length, prefixRow, prefixLength } of runs) {
      const [k, prefixK] = [keys + row * ld.qk * 4, keys + prefixRow * ld.qk * 4]
      const [v, prefixV] = [values + row * ld.qkv * 4, values + prefixRow * ld.qkv * 4]
      const o = a.o + row * ld.q * 4
      // prettier-ignore
      kernels.attentionForward(length, prefixLength, heads, kvHeads, headSize, a.qk + row * ld.qk * 4, ld.qk, k, prefixK, ld.qk, v, prefixV, ld.qkv, o, ld.q, 1 / Math.sqrt(headSize), acts.panels, acts.scores, acts.scoreStride)
    }
    onLayer?.(l)
    if (a.middle !== a.x) kernels.copy(a.middle, a.x, n * ld.hidden)
    applyLinear(model, packs, plan.o, n, a.o, ld.q, a.middle, ld.hidden, true)
    kernels.rmsForward(n, dims.hidden, a.middle, ld.hidden, w.postNorm, a.h2, ld.hidden, a.middleInverse, normEps)
    applyLinear(model, packs, plan.gateUp, n, a.h2, ld.hidden, a.gateUp, ld.gateUp)
    kernels.swigluForward(n, dims.ffn, a.gateUp, ld.gateUp, a.act, ld.ffn)
    const next = acts.layers[l + 1]?.x ?? acts.out
    if (next !== a.middle) kernels.copy(next, a.middle, n * ld.hidden)
    applyLinear(model, packs, plan.down, n, a.act, ld.ffn, next, ld.hidden, true)
  }
  // prettier-ignore
  kernels.rmsForward(n, dims.hidden, acts.out, ld.hidden, model.finalNorm, acts.final, ld.hidden, acts.outInverse, normEps)
}

/** Logits of every row, into `acts.logits`. */
export function runHead(model: Model, packs: Packs, rows: number, acts: Activations): void {
  const { strides: ld } = acts
  applyLinear(model, packs, model.plan.head, rows, acts.final, ld.hidden, acts.logits, ld.vocab)
}

/** Log-probabilities of k targets per row; the logits become probabilities. */
export function runTargets(model: Model, targets: Int32Array, k: number, acts: Activations): Float32Array {
  const { heap, dims } = model
  const rows = targets.length / k
  heap.i32(acts.targets, targets.length).set(targets)
  heap.kernels.targetLogprobs(rows, dims.vocab, acts.logits, acts.strides.vocab, k, acts.targets, acts.logprobs)
  return heap.f32(acts.logprobs, targets.length).slice()
}

function fillPositions(positions: Int32Array, runs: readonly PlacedRun[]): void {
  for (const { row, length, prefixLength } of runs) {
    for (let t = 0; t < length; t++) positions[row + t] = prefixLength + t
  }
}
