/** The base models on offer: folders in Hugging Face layout, each opened into an engine when first needed. */
import { parseJson } from '../../tinker/wire/json.ts'
import { countParameters } from '../engine/baseWeights.ts'
import { joinWeights, weightFiles, WEIGHT_INDEX } from '../engine/index.ts'
import { parseModelConfig } from '../engine/modelConfig.ts'
import { Refusal } from './refusal.ts'
import { readTokenTexts } from './stopText.ts'
import type { Engine } from '../engine/index.ts'
import type { TokenTexts } from './stopText.ts'

export type ModelFile = Uint8Array | (() => Promise<Uint8Array>)

/**
 * `files` by name: config.json and model.safetensors, or its parts and their index, at least; tokenizer.json and
 * generation_config.json if there.
 */
export type ModelFolder = { readonly name: string; readonly files: { readonly [file: string]: ModelFile } }

export type OpenEngine = (model: { config: unknown; weights: Uint8Array }) => Promise<Engine>

export type BaseModel = {
  readonly name: string
  /** Value of `model_type` in config.json. */
  readonly architecture: string
  /** Longest sequence in tokens, prompt and answer together. */
  readonly window: number
  readonly vocabSize: number
  /** A tied head counts once. */
  readonly parameters: number
  readonly layers: number
  readonly hidden: number
  /** Tokens that end an answer when a request names no stop of its own. */
  readonly endTokens: readonly number[]
  /** What the tokens spell; null when the folder has no tokenizer.json of a byte-level vocabulary. */
  readonly tokenTexts: TokenTexts | null
  /** Opens the engine on the first call. Rejects with a Refusal of the server's when the folder cannot be run. */
  engine(): Promise<Engine>
}

export class BaseModels {
  readonly #folders: ReadonlyMap<string, ModelFolder>
  readonly #open: OpenEngine
  readonly #models = new Map<string, Promise<BaseModel>>()
  readonly #engines: Promise<Engine>[] = []

  constructor(folders: readonly ModelFolder[], open: OpenEngine) {
    this.#folders = new Map(folders.map((folder) => [folder.name, folder]))
    this.#open = open
  }

  get names(): readonly string[] {
    return [...this.#folders.keys()]
  }

  get(name: string): Promise<BaseModel> {
    const folder = this.#folders.get(name)
    if (folder === undefined)
      throw new Refusal(
        `there is no base model ${JSON.stringify(name.slice(0, 120))} on this server; it has ${this.names.join(', ')}`,
      )
    const known = this.#models.get(name)
    if (known !== undefined) return known
    const read = this.#read(folder)
    this.#models.set(name, read)
    // A folder that could not be read is tried again on the next request.
    read.catch(() => this.#models.delete(name))
    return read
  }

  /** A file of a model's folder; null when the folder has no such file. */
  async file(name: string, file: string): Promise<Uint8Array | null> {
    const folder = this.#folders.get(name)
    if (folder === undefined || !Object.hasOwn(folder.files, file)) return null
    const source = folder.files[file]!
    return typeof source === 'function' ? source() : source
  }

  async #read(folder: ModelFolder): Promise<BaseModel> {
    const config = await this.#json(folder, 'config.json')
    if (config === null) throw new Refusal(`the model ${folder.name} has no config.json`, 500)
    const dims = inWordsOf(folder.name, () => checkModelConfig(config))
    const generation = await this.#json(folder, 'generation_config.json')
    const tokenizer = await this.#json(folder, 'tokenizer.json')
    let engine: Promise<Engine> | undefined
    return {
      name: folder.name,
      architecture: String(config['model_type']),
      window: dims.maxContext,
      vocabSize: dims.vocab,
      parameters: countParameters(dims),
      layers: dims.layers,
      hidden: dims.hidden,
      endTokens: tokenList(generation?.['eos_token_id'] ?? config['eos_token_id']),
      tokenTexts: tokenizer === null ? null : readTokenTexts(tokenizer, dims.vocab),
      engine: () => {
        engine ??= this.#openEngine(folder, config)
        engine.catch(() => (engine = undefined))
        return engine
      },
    }
  }

  async #openEngine(folder: ModelFolder, config: unknown): Promise<Engine> {
    const weights = await this.weights(folder.name)
    const engine = this.#open({ config, weights }).catch((error: unknown) => {
      throw new Refusal(`the model ${folder.name} cannot be opened: ${wordsOf(error)}`, 500)
    })
    this.#engines.push(engine)
    return engine
  }

  /** All weights of a model as one safetensors file. @throws Refusal (the server's fault) when they are not whole */
  async weights(name: string): Promise<Uint8Array> {
    const whole = await this.file(name, 'model.safetensors')
    if (whole !== null) return whole
    const folder = this.#folders.get(name)
    const index = folder === undefined ? null : await this.#json(folder, WEIGHT_INDEX)
    if (index === null) throw new Refusal(`the model ${name} has no model.safetensors`, 500)
    const files = inWordsOf(name, () => weightFiles(index))
    const read = await Promise.all(files.map(async (file) => [file, await this.file(name, file)] as const))
    const parts = new Map(read.filter((part): part is readonly [string, Uint8Array] => part[1] !== null))
    return inWordsOf(name, () => joinWeights(index, parts))
  }

  async #json(folder: ModelFolder, file: string): Promise<Readonly<Record<string, unknown>> | null> {
    const bytes = await this.file(folder.name, file)
    if (bytes === null) return null
    const json = parseJson(new TextDecoder().decode(bytes))
    if (!json.ok || typeof json.value !== 'object' || json.value === null)
      throw new Refusal(`${file} of the model ${folder.name} is not a JSON object`, 500)
    return json.value as Readonly<Record<string, unknown>>
  }

  async close(): Promise<void> {
    for (const engine of await Promise.allSettled(this.#engines)) {
      if (engine.status === 'fulfilled') engine.value.close()
    }
  }
}

/** Weights lie in 32-bit numbers, packed for both directions, in a memory of at most 4 GiB. */
const MAX_PARAMETERS = 200_000_000

/** The measures of a model that this server can run. @throws Error with a sentence about what it cannot hold or compute */
export function checkModelConfig(config: unknown): ReturnType<typeof parseModelConfig> {
  const dims = parseModelConfig(config)
  const parameters = countParameters(dims)
  if (parameters > MAX_PARAMETERS) {
    const [has, most] = [parameters, MAX_PARAMETERS].map((n) => Math.round(n / 1e6))
    throw new Error(`it has ${has} million parameters; this server holds at most ${most} million`)
  }
  return dims
}

function inWordsOf<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Refusal(`the model ${name} cannot be opened: ${wordsOf(error)}`, 500)
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function tokenList(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  return Array.isArray(value) ? value.filter((v) => typeof v === 'number') : []
}
