/** A checkpoint as files that other programs read: the adapter as PEFT keeps it, and the optimizer's state beside it. */
import { tarLength, writeTar } from '../../base/tarWriter.ts'
import { writeSafetensors } from '../engine/index.ts'
import type { AdapterState, Tensor } from '../engine/index.ts'
import type { CheckpointRecord } from '../storage/records.ts'

export type ArchiveFile = { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }

/** `adapter_config.json` and `adapter_model.safetensors`; with an optimizer, its two moments and the step. */
export function archiveFiles(checkpoint: CheckpointRecord, state: AdapterState): ArchiveFile[] {
  const files = [
    { name: 'adapter_config.json', bytes: jsonBytes(adapterConfig(checkpoint, state)) },
    { name: 'adapter_model.safetensors', bytes: tensorBytes(state, (name) => state.tensors[name]!.data) },
  ]
  const { optimizer } = state
  if (optimizer === undefined) return files
  return [
    ...files,
    { name: 'optimizer_state.json', bytes: jsonBytes({ type: 'adamw', step: optimizer.step }) },
    { name: 'optimizer_m.safetensors', bytes: tensorBytes(state, (name) => optimizer.m[name]!) },
    { name: 'optimizer_v.safetensors', bytes: tensorBytes(state, (name) => optimizer.v[name]!) },
  ]
}

/** The tar of these files. Times are the checkpoint's, so that the same checkpoint gives the same bytes. */
export async function tarOf(files: readonly ArchiveFile[], createdAt: number): Promise<Uint8Array<ArrayBuffer>> {
  const mtimeSeconds = Math.floor(createdAt / 1000)
  const entries = files.map(({ name, bytes }) => ({ name, size: bytes.length, content: bytes, mtimeSeconds }))
  const out = new Uint8Array(tarLength(entries))
  let at = 0
  for await (const chunk of writeTar(entries)) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

/** What `peft` needs to put the adapter on its base model. `lm_head` is a plain linear layer to it, tied or not. */
function adapterConfig(checkpoint: CheckpointRecord, { shape, tensors }: AdapterState): Record<string, unknown> {
  const modules = Object.keys(tensors).map((name) => /\.([a-z_]+)\.lora_[AB]\.weight$/.exec(name)?.[1])
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: checkpoint.base_model,
    r: shape.rank,
    lora_alpha: shape.alpha,
    lora_dropout: 0,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    use_rslora: false,
    use_dora: false,
    target_modules: [...new Set(modules.filter((module) => module !== undefined))].sort(),
  }
}

function tensorBytes(state: AdapterState, dataOf: (name: string) => Float32Array): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, Tensor>(
    Object.entries(state.tensors).map(([name, { shape }]) => [name, { shape, data: dataOf(name) }]),
  )
  return new Uint8Array(writeSafetensors(tensors, { format: 'pt' }))
}

function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
}
