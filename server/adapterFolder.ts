/** Folders with a LoRA adapter as PEFT saves it, for `tunegraph serve --adapter`. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { AdapterImport } from '#src/backend/index.ts'

const FILES = /^(adapter_config\.json|adapter_model\.safetensors|optimizer_(state\.json|[mv]\.safetensors))$/

/** `FOLDER`, or `NAME=FOLDER` to choose the checkpoint's name. @throws Error with a sentence when there is no such folder */
export async function readAdapterFolder(spec: string): Promise<AdapterImport> {
  const at = spec.indexOf('=')
  const folder = resolve(spec.slice(at + 1))
  const name = at < 0 ? basename(folder) : spec.slice(0, at)
  const names = await readdir(folder).catch(() => {
    throw new Error(`there is no folder ${folder}`)
  })
  const old = names.includes('adapter_model.bin') && !names.includes('adapter_model.safetensors')
  if (old) throw new Error(`${folder} keeps its adapter in adapter_model.bin; save it as safetensors`)
  const files: Record<string, Uint8Array> = {}
  for (const file of names.filter((file) => FILES.test(file)))
    files[file] = new Uint8Array(await readFile(join(folder, file)))
  return { name, files }
}
