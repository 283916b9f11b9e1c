/** The frozen base model's tensors, by role, with every shape checked against the configuration. */
import { EngineError } from './errors.ts'
import type { ModelDims } from './modelConfig.ts'
import { readSafetensors } from './safetensors.ts'

export type BaseLayer = {
  inputNorm: Float32Array
  q: Float32Array
  k: Float32Array
  v: Float32Array
  qNorm: Float32Array
  kNorm: Float32Array
  o: Float32Array
  postNorm: Float32Array
  gate: Float32Array
  up: Float32Array
  down: Float32Array
}

/** Linear weights are [output, input] row-major, as Hugging Face stores them. */
export type BaseWeights = {
  embed: Float32Array
  finalNorm: Float32Array
  /** The same array as `embed` when tied. */
  head: Float32Array
  layers: BaseLayer[]
}

export function readBaseWeights(dims: ModelDims, bytes: Uint8Array): BaseWeights {
  const tensors = readSafetensors(bytes)
  const take = (name: string, ...shape: number[]): Float32Array => {
    const tensor = tensors.get(name)
    if (!tensor) throw new EngineError('badModel', `model.safetensors: ${name} is missing`)
    if (tensor.shape.join() !== shape.join()) {
      throw new EngineError(
        'badModel',
        `model.safetensors: ${name} has shape [${tensor.shape.join(', ')}]; config.json implies [${shape.join(', ')}]`,
      )
    }
    if (!tensor.data.every(Number.isFinite)) {
      throw new EngineError('badModel', `model.safetensors: ${name} holds numbers that are not finite`)
    }
    return tensor.data
  }
  const { hidden, ffn, headSize } = dims
  const qWidth = dims.heads * headSize
  const kvWidth = dims.kvHeads * headSize
  const embed = take('model.embed_tokens.weight', dims.vocab, hidden)
  const layers: BaseLayer[] = []
  for (let l = 0; l < dims.layers; l++) {
    const at = `model.layers.${l}.`
    layers.push({
      inputNorm: take(at + 'input_layernorm.weight', hidden),
      q: take(at + 'self_attn.q_proj.weight', qWidth, hidden),
      k: take(at + 'self_attn.k_proj.weight', kvWidth, hidden),
      v: take(at + 'self_attn.v_proj.weight', kvWidth, hidden),
      qNorm: take(at + 'self_attn.q_norm.weight', headSize),
      kNorm: take(at + 'self_attn.k_norm.weight', headSize),
      o: take(at + 'self_attn.o_proj.weight', hidden, qWidth),
      postNorm: take(at + 'post_attention_layernorm.weight', hidden),
      gate: take(at + 'mlp.gate_proj.weight', ffn, hidden),
      up: take(at + 'mlp.up_proj.weight', ffn, hidden),
      down: take(at + 'mlp.down_proj.weight', hidden, ffn),
    })
  }
  const head = dims.tied ? embed : take('lm_head.weight', dims.vocab, hidden)
  return { embed, finalNorm: take('model.norm.weight', hidden), head, layers }
}

/** Number of parameters; a tied head counts once. */
export function countParameters(dims: ModelDims): number {
  const attention = dims.hidden * dims.headSize * (2 * dims.heads + 2 * dims.kvHeads) + 2 * dims.headSize
  const perLayer = attention + 3 * dims.hidden * dims.ffn + 2 * dims.hidden
  return dims.layers * perLayer + dims.hidden + dims.vocab * dims.hidden * (dims.tied ? 1 : 2)
}
