/** The hand-written backward pass: gradients of the adapter's matrices, given dLoss/dlogprob of every target. */
import type { Activations, BackwardBuffers } from './activations.ts'
import { placeRuns } from './forward.ts'
import type { TokenRows } from './forward.ts'
import type { LinearGroup } from './linears.ts'
import type { Model, Packs } from './model.ts'
import type { LoraLayout } from './loraLayout.ts'

type Pass = {
  model: Model
  packs: Packs
  n: number
  buffers: BackwardBuffers
  layout: LoraLayout
  /** Addresses of the adapter's vector and of its gradient. */
  data: number
  gradients: number
}

/**
 * Overwrites the gradient vector (unscaled: the caller multiplies by alpha / rank). `acts` must come from `runLayers`,
 * `runHead` and `runTargets` over the same rows with everything kept.
 */
export function runBackward(
  model: Model,
  packs: Packs,
  batch: TokenRows,
  acts: Activations,
  targetsPerRow: number,
  lossGradient: Float32Array,
  layout: LoraLayout,
  vectors: { data: number; gradients: number },
): void {
  const { dims, heap } = model
  const { kernels } = heap
  const { strides: ld } = acts
  const n = batch.tokens.length
  const buffers = acts.backward
  if (!buffers) throw new Error('the forward pass did not keep its activations')
  const pass: Pass = { model, packs, n, buffers, layout, ...vectors }
  const { dx, dh, dAct, dQkv } = buffers
  heap.f32(buffers.lossGradient, lossGradient.length).set(lossGradient)
  // prettier-ignore
  kernels.logprobGradient(n, dims.vocab, acts.logits, ld.vocab, targetsPerRow, acts.targets, buffers.lossGradient)
  loraGradients(pass, model.plan.head, acts.final, ld.hidden, acts.logits, ld.vocab)
  applyTransposed(pass, model.plan.head, acts.logits, ld.vocab, dh, ld.hidden)
  heap.f32(dx, n * ld.hidden).fill(0)
  // prettier-ignore
  kernels.rmsBackward(n, dims.hidden, acts.out, ld.hidden, model.finalNorm, dh, ld.hidden, acts.outInverse, dx, ld.hidden)
  const trainsAttention = layout.shape.trainAttn
  if (!trainsAttention && !layout.shape.trainMlp) return
  for (let l = dims.layers - 1; l >= 0; l--) {
    const a = acts.layers[l]!
    const w = model.layers[l]!
    const plan = model.plan.layers[l]!
    const lowest = l === 0
    loraGradients(pass, plan.down, a.act, ld.ffn, dx, ld.hidden)
    applyTransposed(pass, plan.down, dx, ld.hidden, dAct, ld.ffn)
    kernels.swigluBackward(n, dims.ffn, a.gateUp, ld.gateUp, dAct, ld.ffn)
    loraGradients(pass, plan.gateUp, a.h2, ld.hidden, a.gateUp, ld.gateUp)
    if (lowest && !trainsAttention) return
    applyTransposed(pass, plan.gateUp, a.gateUp, ld.gateUp, dh, ld.hidden)
    // prettier-ignore
    kernels.rmsBackward(n, dims.hidden, a.middle, ld.hidden, w.postNorm, dh, ld.hidden, a.middleInverse, dx, ld.hidden)
    loraGradients(pass, plan.o, a.o, ld.q, dx, ld.hidden)
    applyTransposed(pass, plan.o, dx, ld.hidden, dh, ld.q)
    attentionGradients(pass, batch, acts, l)
    loraGradients(pass, plan.qkv, a.h1, ld.hidden, dQkv, ld.qkv)
    if (lowest) return
    applyTransposed(pass, plan.qkv, dQkv, ld.qkv, dh, ld.hidden)
    kernels.rmsBackward(n, dims.hidden, a.x, ld.hidden, w.inputNorm, dh, ld.hidden, a.xInverse, dx, ld.hidden)
  }
}

/** dh holds dO; leaves the gradient of the raw queries, keys and values in dQkv. */
function attentionGradients(pass: Pass, batch: TokenRows, acts: Activations, l: number): void {
  const { model, n, buffers } = pass
  const { dims, heap } = model
  const { kernels } = heap
  const { heads, kvHeads, headSize } = dims
  const { strides: ld, positions } = acts
  const { dh, dQkv } = buffers
  const a = acts.layers[l]!
  const w = model.layers[l]!
  const kAt = heads * headSize * 4
  const vAt = kAt + kvHeads * headSize * 4
  // In order: a prefix stores its own gradients before its continuations add theirs.
  for (const { row, length, prefixRow, prefixLength } of placeRuns(batch.runs)) {
    const [qk, prefixQk] = [a.qk + row * ld.qk * 4, a.qk + prefixRow * ld.qk * 4]
    const [qkv, prefixQkv] = [a.qkv + row * ld.qkv * 4, a.qkv + prefixRow * ld.qkv * 4]
    const [d, prefixD] = [dQkv + row * ld.qkv * 4, dQkv + prefixRow * ld.qkv * 4]
    // prettier-ignore
    kernels.attentionBackward(length, prefixLength, heads, kvHeads, headSize, qk, ld.qk, qk + kAt, prefixQk + kAt, ld.qk, qkv + vAt, prefixQkv + vAt, ld.qkv, dh + row * ld.q * 4, ld.q, d, d + kAt, prefixD + kAt, d + vAt, prefixD + vAt, ld.qkv, 1 / Math.sqrt(headSize), acts.panels, acts.scores, acts.scoreGradients, acts.scoreStride)
  }
  // prettier-ignore
  kernels.headNormRopeBackward(n, heads, headSize, a.qkv, ld.qkv, w.qNorm, positions, model.cos, model.sin, a.qInverse, dQkv, ld.qkv)
  // prettier-ignore
  kernels.headNormRopeBackward(n, kvHeads, headSize, a.qkv + kAt, ld.qkv, w.kNorm, positions, model.cos, model.sin, a.kInverse, dQkv + kAt, ld.qkv)
}

/** dx = dy·W, the merged W. */
function applyTransposed(pass: Pass, group: LinearGroup, dy: number, lddy: number, dx: number, lddx: number): void {
  const panels = pass.packs.backward + group.backwardAt * 4
  const { input, output } = group
  pass.model.heap.kernels.gemm(pass.n, input, output, dy, lddy, 1, panels, output * 16, dx, lddx, 16, false)
}

/** dA = xᵀ·(dy·B) and dB = dyᵀ·(x·A) for every trained member; dy holds the members' outputs side by side. */
function loraGradients(pass: Pass, group: LinearGroup, x: number, ldx: number, dy: number, lddy: number): void {
  const { layout, n, data, gradients, buffers } = pass
  const { kernels } = pass.model.heap
  const { input } = group
  const trained = group.members.filter((m) => layout.at.has(m.path))
  if (trained.length === 0) return
  const wide = trained.length * layout.panels * 16
  const panel = n * 16
  const firstA = layout.at.get(trained[0]!.path)!.a
  kernels.gemm(n, wide, input, x, ldx, 1, data + firstA * 4, input * 16, buffers.u, 16, panel, false)
  let column = 0
  let index = 0
  for (const m of group.members) {
    const at = layout.at.get(m.path)
    if (at) {
      const v = buffers.v + index * layout.panels * panel * 4
      const width = layout.panels * 16
      const dyAt = dy + column * 4
      kernels.gemm(n, width, m.output, dyAt, lddy, 1, data + at.b * 4, m.output * 16, v, 16, panel, false)
      const u = buffers.u + index * layout.panels * panel * 4
      kernels.gemm(m.output, width, n, dyAt, 1, lddy, u, panel, gradients + at.b * 4, 16, m.output * 16, false)
      index++
    }
    column += m.output
  }
  kernels.gemm(input, wide, n, x, 1, ldx, buffers.v, panel, gradients + firstA * 4, 16, input * 16, false)
}
