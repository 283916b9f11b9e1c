/** Reads the parts of a Hugging Face `config.json` that decide the shape and arithmetic of a Qwen3 decoder. */
import { EngineError } from './errors.ts'

export type ModelDims = {
  hidden: number
  layers: number
  heads: number
  kvHeads: number
  headSize: number
  ffn: number
  vocab: number
  ropeTheta: number
  normEps: number
  maxContext: number
  /** The head reuses the embedding table. */
  tied: boolean
}

/** Rejects with `badModel` what this engine would compute wrongly: other architectures, scaled rotary positions, biases. */
export function parseModelConfig(raw: unknown): ModelDims {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw bad('config.json is not an object')
  const config = raw as Record<string, unknown>
  if (config['model_type'] !== 'qwen3') throw bad(`model_type is ${show(config['model_type'])}; only "qwen3" runs here`)
  if (config['attention_bias'] === true) throw bad('attention_bias is true; biases are not supported')
  if (config['use_sliding_window'] === true) throw bad('use_sliding_window is true; only full attention is supported')
  const act = config['hidden_act'] ?? 'silu'
  if (act !== 'silu') throw bad(`hidden_act is ${show(act)}; only "silu" is supported`)
  const heads = count(config, 'num_attention_heads')
  const hidden = count(config, 'hidden_size')
  const dims: ModelDims = {
    hidden,
    layers: count(config, 'num_hidden_layers'),
    heads,
    kvHeads: count(config, 'num_key_value_heads', heads),
    headSize: count(config, 'head_dim', hidden / heads),
    ffn: count(config, 'intermediate_size'),
    vocab: count(config, 'vocab_size'),
    ropeTheta: ropeTheta(config),
    normEps: positive(config, 'rms_norm_eps', 1e-6),
    maxContext: count(config, 'max_position_embeddings'),
    tied: config['tie_word_embeddings'] === true,
  }
  for (const [name, value] of [
    ['hidden_size', dims.hidden],
    ['head_dim', dims.headSize],
    ['intermediate_size', dims.ffn],
  ] as const) {
    if (value % 16 !== 0) throw bad(`${name} is ${value}; the kernels need a multiple of 16`)
  }
  if (heads % dims.kvHeads !== 0) {
    throw bad(`num_attention_heads ${heads} is not a multiple of num_key_value_heads ${dims.kvHeads}`)
  }
  return dims
}

/** transformers 5 writes `rope_parameters`, earlier versions `rope_theta` and `rope_scaling`. */
function ropeTheta(config: Record<string, unknown>): number {
  const parameters = config['rope_parameters'] ?? config['rope_scaling']
  if (parameters === undefined || parameters === null) return positive(config, 'rope_theta', 10000)
  if (typeof parameters !== 'object') throw bad(`rope_parameters is ${show(parameters)}`)
  const rope = parameters as Record<string, unknown>
  const kind = rope['rope_type'] ?? rope['type'] ?? 'default'
  if (kind !== 'default') throw bad(`rope type ${show(kind)} is not supported; only "default" is`)
  return 'rope_theta' in rope ? positive(rope, 'rope_theta') : positive(config, 'rope_theta', 10000)
}

function count(config: Record<string, unknown>, key: string, fallback?: number): number {
  const value = config[key] ?? fallback
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw bad(`${key} is ${show(value)}; expected a positive whole number`)
  }
  return value
}

function positive(config: Record<string, unknown>, key: string, fallback?: number): number {
  const value = config[key] ?? fallback
  if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value)) {
    throw bad(`${key} is ${show(value)}; expected a positive number`)
  }
  return value
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value)
}

function bad(message: string): EngineError {
  return new EngineError('badModel', message)
}
