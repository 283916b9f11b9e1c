/** Random models of the sizes that the gates speak of, and the arithmetic of one training step. */
import { seededRng } from '#src/base/rng.ts'
import { writeSafetensors } from '#src/backend/engine/index.ts'
import type { Datum, ModelFiles, Tensor } from '#src/backend/engine/index.ts'

export type Size = { layers: number; hidden: number; heads: number; kvHeads: number; ffn: number; vocab: number }

/** S and M of the bake-off (multi-head attention, 1,024 tokens of vocabulary), and the shape of the shipped model. */
export const SIZES = {
  S: { layers: 4, hidden: 128, heads: 4, kvHeads: 4, ffn: 384, vocab: 1024 },
  M: { layers: 6, hidden: 256, heads: 8, kvHeads: 8, ffn: 512, vocab: 1024 },
  tiny: { layers: 4, hidden: 128, heads: 4, kvHeads: 2, ffn: 512, vocab: 272 },
} as const satisfies Record<string, Size>

const HEAD = 32

function linears(s: Size): [name: string, output: number, input: number][] {
  return [
    ['self_attn.q_proj', s.heads * HEAD, s.hidden],
    ['self_attn.k_proj', s.kvHeads * HEAD, s.hidden],
    ['self_attn.v_proj', s.kvHeads * HEAD, s.hidden],
    ['self_attn.o_proj', s.hidden, s.heads * HEAD],
    ['mlp.gate_proj', s.ffn, s.hidden],
    ['mlp.up_proj', s.ffn, s.hidden],
    ['mlp.down_proj', s.hidden, s.ffn],
  ]
}

export function modelFiles(s: Size): ModelFiles {
  const rng = seededRng(1)
  const tensors = new Map<string, Tensor>()
  const put = (name: string, shape: number[], value: () => number): void => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value)
    tensors.set(name + '.weight', { shape, data })
  }
  const spread = (input: number) => (): number => (2 * rng.next() - 1) / Math.sqrt(input)
  put('model.embed_tokens', [s.vocab, s.hidden], spread(s.hidden))
  for (let l = 0; l < s.layers; l++) {
    const at = `model.layers.${l}.`
    for (const [name, output, input] of linears(s)) put(at + name, [output, input], spread(input))
    for (const name of ['input_layernorm', 'post_attention_layernorm']) put(at + name, [s.hidden], () => 1)
    for (const name of ['self_attn.q_norm', 'self_attn.k_norm']) put(at + name, [HEAD], () => 1)
  }
  put('model.norm', [s.hidden], () => 1)
  const config = {
    model_type: 'qwen3',
    hidden_size: s.hidden,
    num_hidden_layers: s.layers,
    num_attention_heads: s.heads,
    num_key_value_heads: s.kvHeads,
    head_dim: HEAD,
    intermediate_size: s.ffn,
    vocab_size: s.vocab,
    max_position_embeddings: 512,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: true,
  }
  return { config, weights: writeSafetensors(tensors) }
}

export function randomData(count: number, length: (i: number) => number, vocab: number): Datum[] {
  const rng = seededRng(7)
  return Array.from({ length: count }, (_, i) => {
    const all = Int32Array.from({ length: length(i) + 1 }, () => rng.int(vocab))
    return { tokens: all.slice(0, -1), targets: all.slice(1) }
  })
}

/** `members` samples of 12–20 tokens for each of `groups` prompts of 20. */
export function groupedData(groups: number, members: number, vocab: number): Datum[] {
  const rng = seededRng(9)
  const draw = (length: number): number[] => Array.from({ length }, () => rng.int(vocab))
  return Array.from({ length: groups }, () => draw(20)).flatMap((prompt) =>
    Array.from({ length: members }, (_, i) => {
      const all = Int32Array.from([...prompt, ...draw(12 + (i % 9))])
      return { tokens: all.slice(0, -1), targets: all.slice(1) }
    }),
  )
}

/** Useful arithmetic: 2·P per token forward, 2·P backward (the base is frozen), causal attention; LoRA's own left out. */
export function stepFlops(s: Size, data: readonly Datum[]): number {
  const perLayer = linears(s).reduce((sum, [, output, input]) => sum + output * input, 0)
  const parameters = s.layers * perLayer + s.vocab * s.hidden
  return data.reduce((sum, { tokens }) => {
    const length = tokens.length
    return sum + length * (4 * parameters + s.layers * 4 * length * s.heads * HEAD * 3 * 0.5)
  }, 0)
}
