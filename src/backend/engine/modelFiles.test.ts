import { describe, expect, it } from 'vitest'
import { loadEngine, readSafetensors, writeSafetensors } from './index.ts'
import { randomModel } from './testing/randomModel.ts'

const model = randomModel()
const { files, tensors } = model
const config = model.config as unknown as Record<string, unknown>

/** A safetensors file around a header written as given. */
function rawFile(header: unknown, data: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const out = new Uint8Array(8 + head.length + data.length)
  new DataView(out.buffer).setBigUint64(0, BigInt(head.length), true)
  out.set(head, 8)
  out.set(data, 8 + head.length)
  return out
}

function halves(dtype: 'F16' | 'BF16', ...bits: number[]): Float32Array {
  const data = new Uint8Array(Uint16Array.from(bits).buffer)
  const file = rawFile({ x: { dtype, shape: [bits.length], data_offsets: [0, data.length] } }, data)
  return readSafetensors(file).get('x')!.data
}

describe('reading safetensors', () => {
  it('returns what was written, whatever the alignment of the buffer', () => {
    const file = writeSafetensors(tensors, { format: 'pt' })
    const shifted = new Uint8Array(file.length + 3)
    shifted.set(file, 3)
    expect(readSafetensors(shifted.subarray(3))).toEqual(tensors)
    expect(readSafetensors(Buffer.from(shifted.buffer, 3, file.length))).toEqual(tensors)
  })

  it('widens F16 exactly: normal, subnormal, zero, negative, infinite', () => {
    expect([...halves('F16', 0x3c00, 0xc000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x8000, 0x7c00)]).toEqual([
      1,
      -2,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      65504,
      -0,
      Infinity,
    ])
  })

  it('widens BF16 exactly', () => {
    expect([...halves('BF16', 0x3f80, 0xc040, 0x0000)]).toEqual([1, -3, 0])
  })

  const whole = writeSafetensors(tensors)
  const entry = (fields: object): unknown => ({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...fields } })
  it.each<[string, Uint8Array]>([
    ['cannot hold a header', new Uint8Array(3)],
    ['truncated or not safetensors', new TextEncoder().encode('<!doctype html><html>')],
    ['not JSON', rawFile('{"x": ', new Uint8Array(0))],
    ['not an object', rawFile([], new Uint8Array(0))],
    ['is truncated', whole.subarray(0, whole.length - 1)],
    ['dtype I64', rawFile(entry({ dtype: 'I64' }), new Uint8Array(8))],
    ['needs 12', rawFile(entry({ shape: [3] }), new Uint8Array(8))],
    ['no valid shape', rawFile(entry({ shape: [-1] }), new Uint8Array(8))],
    ['no valid data_offsets', rawFile(entry({ data_offsets: [8, 0] }), new Uint8Array(8))],
  ])('refuses a damaged file: %s', (message, file) => {
    expect(() => readSafetensors(file)).toThrow(message)
  })
})

describe('loading a model folder', () => {
  const without = (name: string): Uint8Array => {
    const rest = new Map(tensors)
    rest.delete(name)
    return writeSafetensors(rest)
  }

  it('reports what the engine is', async () => {
    const { info } = await loadEngine(files, { simd: 'strict' })
    const counted = [...tensors.values()].reduce((sum, t) => sum + t.data.length, 0)
    expect(info).toEqual({
      parameters: counted,
      layers: 2,
      vocabSize: 37,
      maxContext: 320,
      simd: 'strict',
      shards: 1,
    })
  })

  it.each<[string, object]>([
    ['model_type is "llama"', { model_type: 'llama' }],
    ['hidden_size is missing', { hidden_size: undefined }],
    ['head_dim is 20', { head_dim: 20 }],
    ['not a multiple of num_key_value_heads', { num_key_value_heads: 3 }],
    ['rope type "yarn"', { rope_parameters: { rope_type: 'yarn', factor: 4 } }],
    ['attention_bias', { attention_bias: true }],
    ['sliding', { use_sliding_window: true }],
    ['hidden_act is "gelu"', { hidden_act: 'gelu' }],
  ])('refuses a configuration it would compute wrongly: %s', async (message, change) => {
    const attempt = loadEngine({ ...files, config: { ...config, ...change } })
    await expect(attempt).rejects.toMatchObject({ kind: 'badModel', message: expect.stringContaining(message) })
  })

  it.each<[string, Uint8Array]>([
    ['model.layers.1.self_attn.q_norm.weight is missing', without('model.layers.1.self_attn.q_norm.weight')],
    ['model.norm.weight is missing', without('model.norm.weight')],
    [
      'config.json implies [48, 32]',
      writeSafetensors(
        new Map(tensors).set('model.layers.0.mlp.up_proj.weight', { shape: [1], data: new Float32Array(1) }),
      ),
    ],
    [
      'not finite',
      writeSafetensors(
        new Map(tensors).set('model.norm.weight', { shape: [32], data: new Float32Array(32).fill(NaN) }),
      ),
    ],
  ])('names the tensor that does not fit: %s', async (message, weights) => {
    await expect(loadEngine({ config: files.config, weights })).rejects.toThrow(message)
  })
})
