/** Model folders on disk: the tiny models that come with Tunegraph, or those that the user names. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { findUpwards } from './ownFiles.ts'
import { checkModelConfig, WEIGHT_INDEX, weightFiles } from '#src/backend/index.ts'
import type { ModelFolder } from '#src/backend/index.ts'

const TINY_FOLDER = 'models/tunegraph-tiny-1m'

/** @throws Error with a sentence when the folder is not one of a model. */
export async function readModelFolder(spec: string): Promise<ModelFolder> {
  const { name, folder } = parseSpec(spec)
  const names = await readdir(folder).catch(() => {
    throw new Error(`there is no folder ${folder}`)
  })
  if (!names.includes('config.json')) throw new Error(`${folder} is not a model folder: it has no config.json`)
  await checkConfig(folder)
  if (!names.includes('model.safetensors')) {
    if (!names.includes(WEIGHT_INDEX)) throw new Error(`${folder} ${weightsInstead(names)}`)
    await checkParts(folder, names)
  }
  const files = names.filter((file) => /\.(json|safetensors|jinja|txt)$/.test(file))
  return { name, files: Object.fromEntries(files.map((file) => [file, () => readPlain(join(folder, file))])) }
}

/** Before weights are read that may be larger than the machine. */
async function checkConfig(folder: string): Promise<void> {
  const config = await readJson(folder, 'config.json')
  inWords(folder, () => checkModelConfig(config))
}

/** Weights in several files: that all are there is known before any is read. */
async function checkParts(folder: string, names: readonly string[]): Promise<void> {
  const index = await readJson(folder, WEIGHT_INDEX)
  const missing = inWords(folder, () => weightFiles(index)).filter((file) => !names.includes(file))
  if (missing.length > 0)
    throw new Error(`${folder} lacks ${missing.join(', ')}, where its ${WEIGHT_INDEX} says weights are`)
}

async function readJson(folder: string, file: string): Promise<unknown> {
  const text = await readFile(join(folder, file), 'utf8')
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${file} in ${folder} is not JSON`)
  }
}

function inWords<T>(folder: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw new Error(
      `the model in ${folder} cannot be served: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function weightsInstead(names: readonly string[]): string {
  const other = names.find((name) => /\.(bin|pt|pth|gguf|ckpt)$/.test(name))
  if (other !== undefined) return `keeps its weights in ${other}; convert them to model.safetensors`
  return 'is not a model folder: it has no model.safetensors'
}

/** Without Node's Buffer, whose slices share memory. */
async function readPlain(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(path))
}

/** `FOLDER`, or `NAME=FOLDER` to choose the name by which clients ask for it. */
function parseSpec(spec: string): { name: string; folder: string } {
  const at = spec.indexOf('=')
  const folder = resolve(at < 0 ? spec : spec.slice(at + 1))
  const name = at < 0 ? nameOf(basename(folder)) : spec.slice(0, at)
  if (!/^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/.test(name)) throw new Error(`a model's name is OWNER/NAME, not '${name}'`)
  return { name, folder }
}

/** tunegraph-tiny-1m is tunegraph/tiny-1m; a folder of any other name is local/NAME. */
function nameOf(folder: string): string {
  return folder.startsWith('tunegraph-') ? `tunegraph/${folder.slice('tunegraph-'.length)}` : `local/${folder}`
}

/** The folders that come with Tunegraph, the smallest model first: it is what people get who choose none. */
export async function ownModelFolders(): Promise<readonly string[]> {
  const first = findUpwards(import.meta.url, TINY_FOLDER)
  if (first === null || !existsSync(join(first, 'config.json')))
    throw new Error(`the model folder ${TINY_FOLDER} is missing from this installation`)
  const others = (await readdir(dirname(first)))
    .filter((name) => name.startsWith('tunegraph-') && name !== basename(first))
    .map((name) => join(dirname(first), name))
    .filter((folder) => existsSync(join(folder, 'config.json')))
  return [first, ...others.toSorted()]
}
