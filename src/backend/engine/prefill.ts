/** Runs prompts through the layers together and leaves each with a filled cache and the logits of its next token. */
import type { ActivationArena } from './activations.ts'
import type { Decoder } from './decodeStep.ts'
import { runLayers } from './forward.ts'
import { KvCache } from './kvCache.ts'
import type { Model, Packs } from './model.ts'

/** `room` is how many positions to set aside after the prompt. */
export type Prompt = { tokens: Int32Array; room: number }

/** One cache per prompt; the logits of prompt i are then in the decoder's row i. */
export function prefill(
  model: Model,
  packs: Packs,
  arena: ActivationArena,
  decoder: Decoder,
  prompts: readonly Prompt[],
): KvCache[] {
  const { dims, heap } = model
  const lengths = prompts.map((p) => p.tokens.length)
  const rows = lengths.reduce((a, b) => a + b, 0)
  const tokens = new Int32Array(rows)
  let row = 0
  for (const prompt of prompts) {
    tokens.set(prompt.tokens, row)
    row += prompt.tokens.length
  }
  const caches = prompts.map((p) => new KvCache(model, p.tokens.length + p.room))
  const longest = Math.max(...lengths)
  const acts = arena.reserve({ rows, longest, targetsPerRow: 1, loraPanels: 1, keep: false })
  const { qk: ldk, qkv: ldv, hidden } = acts.strides
  const kAt = dims.heads * dims.headSize * 4
  const vAt = kAt + dims.kvHeads * dims.headSize * 4
  runLayers(model, packs, { tokens, runs: lengths.map((length) => ({ length, prefix: null })) }, acts, (l) => {
    const a = acts.layers[l]!
    let at = 0
    caches.forEach((cache, i) => {
      const k = a.qk + at * ldk * 4 + kAt
      const v = a.qkv + at * ldv * 4 + vAt
      heap.kernels.storeKeyValue(lengths[i]!, dims.kvHeads, dims.headSize, k, ldk, v, ldv, cache.layer(l), cache.cap)
      at += lengths[i]!
    })
  })
  let end = 0
  lengths.forEach((length, i) => {
    end += length
    decoder.head(packs, 1, acts.final + (end - 1) * hidden * 4, hidden, i)
  })
  return caches
}
