/** An independent Qwen3 in f64: plain loops, one sequence, LoRA kept apart from the weights. Slow and meant to be obvious. */
import type { QwenConfig, RandomModel } from './randomModel.ts'

/** A and B under PEFT names, in f64 so that a test may nudge single entries. */
export type ReferenceLora = { scale: number; matrices: Map<string, Float64Array>; rank: number }

type Matrix = { rows: number; columns: number; data: Float64Array }

/** log p(targets[t·k + j] | tokens up to t) */
export function referenceLogprobs(
  model: RandomModel,
  lora: ReferenceLora | null,
  tokens: Int32Array,
  targets: Int32Array,
): Float64Array {
  const { config } = model
  const k = targets.length / tokens.length
  const weight = (name: string): Float64Array => wide(model, name)
  const linear = (x: Matrix, path: string, base = path + '.weight'): Matrix =>
    addLora(product(x, weight(base)), x, path, lora)
  let x = embed(weight('model.embed_tokens.weight'), tokens, config.hidden_size)
  for (let l = 0; l < config.num_hidden_layers; l++) {
    const at = `model.layers.${l}.`
    const h = rmsNorm(x, weight(at + 'input_layernorm.weight'), config.rms_norm_eps)
    const norm = (m: Matrix, name: string): Matrix => rotate(headNorm(m, weight(at + name), config), config)
    const q = norm(linear(h, at + 'self_attn.q_proj'), 'self_attn.q_norm.weight')
    const key = norm(linear(h, at + 'self_attn.k_proj'), 'self_attn.k_norm.weight')
    const mixed = attend(q, key, linear(h, at + 'self_attn.v_proj'), config)
    x = sum(x, linear(mixed, at + 'self_attn.o_proj'))
    const h2 = rmsNorm(x, weight(at + 'post_attention_layernorm.weight'), config.rms_norm_eps)
    const gate = linear(h2, at + 'mlp.gate_proj')
    const up = linear(h2, at + 'mlp.up_proj')
    for (let i = 0; i < gate.data.length; i++) {
      const g = gate.data[i]!
      gate.data[i] = (g / (1 + Math.exp(-g))) * up.data[i]!
    }
    x = sum(x, linear(gate, at + 'mlp.down_proj'))
  }
  const final = rmsNorm(x, weight('model.norm.weight'), config.rms_norm_eps)
  const head = config.tie_word_embeddings ? 'model.embed_tokens.weight' : 'lm_head.weight'
  const logits = linear(final, 'lm_head', head)
  return Float64Array.from(targets, (target, i) => {
    const t = Math.floor(i / k)
    const row = logits.data.subarray(t * logits.columns, (t + 1) * logits.columns)
    const most = Math.max(...row)
    let total = 0
    for (let j = 0; j < row.length; j++) total += Math.exp(row[j]! - most)
    return row[target]! - most - Math.log(total)
  })
}

const widened = new WeakMap<Float32Array, Float64Array>()

/** One array type throughout keeps the inner loops fast: finite differences run this thousands of times. */
function wide(model: RandomModel, name: string): Float64Array {
  const { data } = model.tensors.get(name)!
  let found = widened.get(data)
  if (!found) widened.set(data, (found = Float64Array.from(data)))
  return found
}

function embed(table: Float64Array, tokens: Int32Array, width: number): Matrix {
  const data = new Float64Array(tokens.length * width)
  tokens.forEach((token, t) => data.set(table.subarray(token * width, (token + 1) * width), t * width))
  return { rows: tokens.length, columns: width, data }
}

/** x·Wᵀ with W [output, input] */
function product(x: Matrix, w: Float64Array, columns = w.length / x.columns): Matrix {
  const data = new Float64Array(x.rows * columns)
  for (let t = 0; t < x.rows; t++) {
    for (let j = 0; j < columns; j++) {
      let s = 0
      for (let i = 0; i < x.columns; i++) s += x.data[t * x.columns + i]! * w[j * x.columns + i]!
      data[t * columns + j] = s
    }
  }
  return { rows: x.rows, columns, data }
}

function addLora(y: Matrix, x: Matrix, path: string, lora: ReferenceLora | null): Matrix {
  const a = lora?.matrices.get(`base_model.model.${path}.lora_A.weight`)
  const b = lora?.matrices.get(`base_model.model.${path}.lora_B.weight`)
  if (!lora || !a || !b) return y
  const out = product(product(x, a), b)
  for (let i = 0; i < out.data.length; i++) out.data[i] = y.data[i]! + lora.scale * out.data[i]!
  return out
}

function sum(a: Matrix, b: Matrix): Matrix {
  const data = a.data.slice()
  for (let i = 0; i < data.length; i++) data[i]! += b.data[i]!
  return { ...a, data }
}

function rmsNorm(x: Matrix, weight: Float64Array, eps: number): Matrix {
  const data = new Float64Array(x.data.length)
  const width = weight.length
  for (let from = 0; from < data.length; from += width) {
    let squares = 0
    for (let i = 0; i < width; i++) squares += x.data[from + i]! ** 2
    const r = 1 / Math.sqrt(squares / width + eps)
    for (let i = 0; i < width; i++) data[from + i] = x.data[from + i]! * r * weight[i]!
  }
  return { ...x, data }
}

function headNorm(x: Matrix, weight: Float64Array, config: QwenConfig): Matrix {
  return rmsNorm(x, weight, config.rms_norm_eps)
}

function rotate(x: Matrix, { head_dim: size, rope_theta: theta }: QwenConfig): Matrix {
  const data = new Float64Array(x.data.length)
  const half = size / 2
  for (let t = 0; t < x.rows; t++) {
    for (let from = t * x.columns; from < (t + 1) * x.columns; from += size) {
      for (let i = 0; i < half; i++) {
        const angle = t * theta ** ((-2 * i) / size)
        const [u, w] = [x.data[from + i]!, x.data[from + half + i]!]
        data[from + i] = u * Math.cos(angle) - w * Math.sin(angle)
        data[from + half + i] = w * Math.cos(angle) + u * Math.sin(angle)
      }
    }
  }
  return { ...x, data }
}

function attend(q: Matrix, k: Matrix, v: Matrix, config: QwenConfig): Matrix {
  const { head_dim: size, num_attention_heads: heads, num_key_value_heads: kvHeads } = config
  const data = new Float64Array(q.data.length)
  for (let h = 0; h < heads; h++) {
    const from = Math.floor(h / (heads / kvHeads)) * size
    for (let t = 0; t < q.rows; t++) {
      const scores: number[] = []
      for (let s = 0; s <= t; s++) {
        let dot = 0
        for (let i = 0; i < size; i++) dot += q.data[t * q.columns + h * size + i]! * k.data[s * k.columns + from + i]!
        scores.push(dot / Math.sqrt(size))
      }
      const most = Math.max(...scores)
      const e = scores.map((x) => Math.exp(x - most))
      const z = e.reduce((a, b) => a + b, 0)
      e.forEach((p, s) => {
        for (let i = 0; i < size; i++)
          data[t * q.columns + h * size + i]! += (p / z) * v.data[s * v.columns + from + i]!
      })
    }
  }
  return { ...q, data }
}
