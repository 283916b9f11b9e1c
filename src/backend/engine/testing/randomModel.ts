/** A small Qwen3 model with random weights, in the same form as a real folder. */
import { seededRng } from '../../../base/rng.ts'
import { writeSafetensors } from '../safetensors.ts'
import type { Tensor } from '../safetensors.ts'
import type { ModelFiles } from '../engineApi.ts'

export type RandomModel = { files: ModelFiles; config: QwenConfig; tensors: Map<string, Tensor> }

export type QwenConfig = {
  model_type: 'qwen3'
  hidden_size: number
  num_hidden_layers: number
  num_attention_heads: number
  num_key_value_heads: number
  head_dim: number
  intermediate_size: number
  vocab_size: number
  max_position_embeddings: number
  rms_norm_eps: number
  rope_theta: number
  tie_word_embeddings: boolean
}

/** Two layers, four heads over two key-value heads, a vocabulary that is no multiple of four. */
export const SMALL: QwenConfig = {
  model_type: 'qwen3',
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  intermediate_size: 48,
  vocab_size: 37,
  max_position_embeddings: 320,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  tie_word_embeddings: true,
}

export function randomModel(overrides: Partial<QwenConfig> = {}, seed = 1): RandomModel {
  const config = { ...SMALL, ...overrides }
  const rng = seededRng(seed)
  const tensors = new Map<string, Tensor>()
  const fill = (name: string, shape: number[], value: () => number): void => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
    for (let i = 0; i < data.length; i++) data[i] = value()
    tensors.set(name, { shape, data })
  }
  const linear = (name: string, output: number, input: number): void =>
    fill(name, [output, input], () => ((2 * rng.next() - 1) * 2) / Math.sqrt(input))
  const norm = (name: string, width: number): void => fill(name, [width], () => 0.75 + 0.5 * rng.next())
  const { hidden_size: hidden, head_dim: size, intermediate_size: ffn } = config
  linear('model.embed_tokens.weight', config.vocab_size, hidden)
  for (let l = 0; l < config.num_hidden_layers; l++) {
    const at = `model.layers.${l}.`
    norm(at + 'input_layernorm.weight', hidden)
    norm(at + 'post_attention_layernorm.weight', hidden)
    norm(at + 'self_attn.q_norm.weight', size)
    norm(at + 'self_attn.k_norm.weight', size)
    linear(at + 'self_attn.q_proj.weight', config.num_attention_heads * size, hidden)
    linear(at + 'self_attn.k_proj.weight', config.num_key_value_heads * size, hidden)
    linear(at + 'self_attn.v_proj.weight', config.num_key_value_heads * size, hidden)
    linear(at + 'self_attn.o_proj.weight', hidden, config.num_attention_heads * size)
    linear(at + 'mlp.gate_proj.weight', ffn, hidden)
    linear(at + 'mlp.up_proj.weight', ffn, hidden)
    linear(at + 'mlp.down_proj.weight', hidden, ffn)
  }
  norm('model.norm.weight', hidden)
  if (!config.tie_word_embeddings) linear('lm_head.weight', config.vocab_size, hidden)
  return { files: { config, weights: writeSafetensors(tensors) }, config, tensors }
}

/** Random token ids below `vocab`. */
export function randomTokens(length: number, vocab: number, seed: number): Int32Array {
  const rng = seededRng(seed)
  return Int32Array.from({ length }, () => rng.int(vocab))
}
