/** A two-layer Qwen3 folder with random weights and a byte vocabulary: a real model that loads in milliseconds. */
import { seededRng } from '../../../base/rng.ts'
import { writeSafetensors } from '../../engine/index.ts'
import type { Tensor } from '../../engine/index.ts'
import type { ModelFolder } from '../baseModels.ts'

export const TINY_WINDOW = 64
export const TINY_VOCAB = 260
export const TINY_END = 257

const HIDDEN = 32
const HEADS = 2
const KV_HEADS = 1
const HEAD_SIZE = 16
const FFN = 48
const LAYERS = 2

const config = {
  architectures: ['Qwen3ForCausalLM'],
  model_type: 'qwen3',
  hidden_size: HIDDEN,
  num_hidden_layers: LAYERS,
  num_attention_heads: HEADS,
  num_key_value_heads: KV_HEADS,
  head_dim: HEAD_SIZE,
  intermediate_size: FFN,
  vocab_size: TINY_VOCAB,
  max_position_embeddings: TINY_WINDOW,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  tie_word_embeddings: true,
  eos_token_id: TINY_END,
}

export function tinyModel(name = 'test/tiny', seed = 1): ModelFolder {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
  return {
    name,
    files: {
      'config.json': text(config),
      'tokenizer.json': text(byteTokenizer()),
      'model.safetensors': () => Promise.resolve(writeSafetensors(tinyTensors(seed))),
    },
  }
}

function tinyTensors(seed: number): Map<string, Tensor> {
  const rng = seededRng(seed)
  const tensors = new Map<string, Tensor>()
  const matrix = (name: string, rows: number, columns: number): void => {
    const scale = 2 / Math.sqrt(columns)
    tensors.set(name, {
      shape: [rows, columns],
      data: Float32Array.from({ length: rows * columns }, () => (rng.next() * 2 - 1) * scale),
    })
  }
  const ones = (name: string, length: number): void => {
    tensors.set(name, { shape: [length], data: new Float32Array(length).fill(1) })
  }
  matrix('model.embed_tokens.weight', TINY_VOCAB, HIDDEN)
  for (let l = 0; l < LAYERS; l++) {
    const at = `model.layers.${l}.`
    ones(`${at}input_layernorm.weight`, HIDDEN)
    matrix(`${at}self_attn.q_proj.weight`, HEADS * HEAD_SIZE, HIDDEN)
    matrix(`${at}self_attn.k_proj.weight`, KV_HEADS * HEAD_SIZE, HIDDEN)
    matrix(`${at}self_attn.v_proj.weight`, KV_HEADS * HEAD_SIZE, HIDDEN)
    ones(`${at}self_attn.q_norm.weight`, HEAD_SIZE)
    ones(`${at}self_attn.k_norm.weight`, HEAD_SIZE)
    matrix(`${at}self_attn.o_proj.weight`, HIDDEN, HEADS * HEAD_SIZE)
    ones(`${at}post_attention_layernorm.weight`, HIDDEN)
    matrix(`${at}mlp.gate_proj.weight`, FFN, HIDDEN)
    matrix(`${at}mlp.up_proj.weight`, FFN, HIDDEN)
    matrix(`${at}mlp.down_proj.weight`, HIDDEN, FFN)
  }
  ones('model.norm.weight', HIDDEN)
  return tensors
}

/** Token i is byte i; 256 to 259 are special. */
function byteTokenizer(): unknown {
  const vocab: Record<string, number> = {}
  let next = 256
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    vocab[String.fromCharCode(printable ? byte : next++)] = byte
  }
  const special = ['<|pad|>', '<|end|>', '<|user|>', '<|assistant|>']
  return {
    version: '1.0',
    added_tokens: special.map((content, i) => ({ id: 256 + i, content, special: true })),
    model: { type: 'BPE', vocab, merges: [] },
  }
}
