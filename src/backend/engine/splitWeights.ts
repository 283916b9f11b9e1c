/** Weights that lie in several safetensors files, as Hugging Face writes larger models: an index says which tensor is where. */
import { EngineError } from './errors.ts'
import { readSafetensorsHeader } from './safetensors.ts'
import type { TensorEntry } from './safetensors.ts'

export const WEIGHT_INDEX = 'model.safetensors.index.json'

/** The files that a parsed index names, each once. @throws EngineError `badModel` about an index that is none */
export function weightFiles(index: unknown): readonly string[] {
  return [...new Set(weightMap(index).values())]
}

/**
 * One safetensors file with the tensors of all `parts`, in their types. @throws EngineError `badModel` when a part is
 * missing or damaged, when two hold the same tensor, or when the index and the parts disagree
 */
export function joinWeights(index: unknown, parts: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const map = weightMap(index)
  const found = new Map<string, { file: string; start: number; entry: TensorEntry }>()
  for (const file of weightFiles(index)) {
    const bytes = parts.get(file)
    if (bytes === undefined) throw bad(`it names ${file}, which is missing`)
    const { start, entries } = readSafetensorsHeader(bytes, file)
    for (const [name, entry] of entries) {
      const other = found.get(name)
      if (other !== undefined) throw bad(`${name} is in ${other.file} and again in ${file}`)
      found.set(name, { file, start, entry })
    }
  }
  for (const [name, file] of map) {
    const at = found.get(name)
    if (at === undefined) throw bad(`it says that ${name} is in ${file}, which does not have it`)
    if (at.file !== file) throw bad(`it says that ${name} is in ${file}, but ${at.file} has it`)
  }
  const stranger = [...found].find(([name]) => !map.has(name))
  if (stranger !== undefined) throw bad(`${stranger[1].file} has ${stranger[0]}, of which the index says nothing`)
  const header: Record<string, TensorEntry> = {}
  let size = 0
  for (const [name, { entry }] of found) {
    const length = entry.data_offsets[1] - entry.data_offsets[0]
    header[name] = { ...entry, data_offsets: [size, size + length] }
    size += length
  }
  const head = new TextEncoder().encode(JSON.stringify(header))
  const out = new Uint8Array(8 + head.length + size)
  new DataView(out.buffer).setBigUint64(0, BigInt(head.length), true)
  out.set(head, 8)
  let at = 8 + head.length
  for (const { file, start, entry } of found.values()) {
    const [from, to] = entry.data_offsets
    out.set(parts.get(file)!.subarray(start + from, start + to), at)
    at += to - from
  }
  return out
}

function weightMap(index: unknown): ReadonlyMap<string, string> {
  const map = typeof index === 'object' && index !== null ? (index as { weight_map?: unknown }).weight_map : undefined
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw bad('it has no weight_map')
  const entries = Object.entries(map)
  if (entries.length === 0) throw bad('its weight_map is empty')
  for (const [name, file] of entries) {
    // Names of files beside the index; anything else would lead out of the folder.
    if (typeof file !== 'string' || !/^[^/\\]+\.safetensors$/.test(file))
      throw bad(`it says that ${name} is in ${JSON.stringify(file)}, which is no safetensors file of this folder`)
  }
  return new Map(entries as [string, string][])
}

function bad(message: string): EngineError {
  return new EngineError('badModel', `${WEIGHT_INDEX}: ${message}`)
}
