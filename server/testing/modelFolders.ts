/** Writes model folders with random weights in the forms in which Qwen3 folders come. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomModel } from '#src/backend/engine/testing/randomModel.ts'

type Dtype = 'F32' | 'F16' | 'BF16' | 'I8'

export type FolderForm = {
  readonly dtype: Dtype
  readonly config?: Readonly<Record<string, unknown>>
  /** Applied to every weight. */
  readonly round?: (value: number) => number
  /** A tensor that is left out. */
  readonly without?: string
  /** An `lm_head.weight` that a tied model does not use. */
  readonly spareHead?: boolean
  /** `split` is three files and an index. */
  readonly weights?: 'none' | 'split' | 'pickled' | 'cut'
}

/** Resolves with the folder. */
export async function writeModelFolder(folder: string, form: FolderForm): Promise<string> {
  const small = form.weights === 'none' ? {} : shapesOnly(form.config ?? {})
  const { config, tensors } = randomModel(small)
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...form.config }))
  if (form.weights === 'none') return folder
  if (form.weights === 'pickled') {
    await writeFile(join(folder, 'pytorch_model.bin'), 'x')
    return folder
  }
  const values = new Map([...tensors].filter(([name]) => name !== form.without))
  if (form.spareHead === true) values.set('lm_head.weight', { shape: [1, 1], data: Float32Array.of(9) })
  const round = form.round ?? ((x: number) => x)
  if (form.weights === 'split') return writeParts(folder, values, form.dtype, round)
  const file = encode(values, form.dtype, round)
  await writeFile(join(folder, 'model.safetensors'), form.weights === 'cut' ? file.subarray(0, file.length - 9) : file)
  return folder
}

type Values = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>

async function writeParts(
  folder: string,
  values: Values,
  dtype: Dtype,
  round: (value: number) => number,
): Promise<string> {
  const names = [...values.keys()]
  const where: Record<string, string> = {}
  for (let i = 0; i < 3; i++) {
    const file = partName(i)
    const part = names.slice((i * names.length) / 3, ((i + 1) * names.length) / 3)
    for (const name of part) where[name] = file
    await writeFile(join(folder, file), encode(new Map(part.map((name) => [name, values.get(name)!])), dtype, round))
  }
  const index = { metadata: { total_size: 0 }, weight_map: where }
  await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index))
  return folder
}

export function partName(i: number): string {
  return `model-0000${i + 1}-of-00003.safetensors`
}

/** The members of a config that shape tensors and may be given to the generator of weights. */
function shapesOnly(config: Readonly<Record<string, unknown>>): Parameters<typeof randomModel>[0] {
  const { model_type: _type, rope_parameters: _rope, ...shapes } = config
  return shapes
}

const BYTES = { F32: 4, F16: 2, BF16: 2, I8: 1 } as const

function encode(tensors: Values, dtype: Dtype, round: (value: number) => number): Uint8Array {
  const header: Record<string, unknown> = {}
  let size = 0
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [size, size + data.length * BYTES[dtype]] }
    size += data.length * BYTES[dtype]
  }
  const head = new TextEncoder().encode(JSON.stringify(header))
  const out = new Uint8Array(8 + head.length + size)
  const view = new DataView(out.buffer)
  view.setBigUint64(0, BigInt(head.length), true)
  out.set(head, 8)
  let at = 8 + head.length
  for (const { data } of tensors.values())
    for (const value of data) {
      if (dtype === 'F32') view.setFloat32(at, round(value), true)
      if (dtype === 'F16') view.setUint16(at, halfBits(value), true)
      if (dtype === 'BF16') view.setUint16(at, bfloatBits(value), true)
      at += BYTES[dtype]
    }
  return out
}

const scratch = new DataView(new ArrayBuffer(4))

function singleBits(value: number): number {
  scratch.setFloat32(0, value)
  return scratch.getUint32(0)
}

/** Truncated, not rounded: what matters here is only that the value can be said exactly in fewer bits. */
function bfloatBits(value: number): number {
  return singleBits(value) >>> 16
}

/** For values between 2^-14 and 65504 in size; smaller ones become zero. Truncated as above. */
function halfBits(value: number): number {
  const bits = singleBits(value)
  const exponent = ((bits >>> 23) & 255) - 112
  const sign = (bits >>> 16) & 0x8000
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 1023)
}

/** The value that these bits say. */
export function rounded(value: number, dtype: 'F16' | 'BF16'): number {
  const bits = singleBits(value)
  if (dtype === 'F16' && ((bits >>> 23) & 255) - 112 <= 0) return 0
  scratch.setUint32(0, dtype === 'BF16' ? (bits & 0xffff0000) >>> 0 : (bits & 0xffffe000) >>> 0)
  return scratch.getFloat32(0)
}
