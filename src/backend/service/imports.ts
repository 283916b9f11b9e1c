/** Adapters that other programs have made, as PEFT keeps them, become checkpoints: to sample from, and to train on. */
import { sha256Hex } from '../../base/sha256.ts'
import { parseJson } from '../../tinker/wire/json.ts'
import { EngineError, readSafetensors } from '../engine/index.ts'
import { encodeAdapter } from './adapterFile.ts'
import { ALPHA } from './models.ts'
import { accept, demand, Refusal } from './refusal.ts'
import { checkName, pathOf } from './weights.ts'
import type { CheckpointType } from '../../tinker/wire/checkpointPath.ts'
import type { AdapterState, Engine, Tensor } from '../engine/index.ts'
import type { RunRecord } from '../storage/records.ts'
import type { BaseModel, BaseModels } from './baseModels.ts'
import type { ServiceContext } from './context.ts'

/**
 * `files` by name: `adapter_config.json` and `adapter_model.safetensors`; the optimizer's, if they came from this server.
 * `baseModel` is the one that the adapter names when absent.
 */
export type AdapterImport = {
  readonly name: string
  readonly files: { readonly [file: string]: Uint8Array }
  readonly baseModel?: string
}

const WEIGHTS = 'adapter_model.safetensors'

/** Where the two checkpoints are found that an import makes. */
export type ImportedAdapter = { readonly training: string; readonly sampler: string; readonly baseModel: string }

/** The same files under the same name make one checkpoint, however often. @throws Refusal about what cannot be taken over */
export async function importAdapter(
  context: ServiceContext,
  { name, files, baseModel }: AdapterImport,
): Promise<ImportedAdapter> {
  checkName(name)
  const config = readObject(files, 'adapter_config.json')
  const weights = files[WEIGHTS]
  demand(weights !== undefined, `the adapter has no ${WEIGHTS}`)
  const { lora: tensors, copies } = await inWords(async () => split(readSafetensors(weights, WEIGHTS)))
  const base = await context.bases.get(baseModel ?? (await baseOf(config, tensors, context.bases)))
  const engine = await base.engine()
  const state = await inWords(async () => {
    if (copies.size > 0) checkCopies(copies, await context.bases.weights(base.name))
    return adapterState(config, files, tensors, engine)
  })
  const id = `import-${sha256Hex(`${base.name}/${sha256Hex(weights)}/${JSON.stringify(config)}`).slice(0, 16)}`
  const { rank, alpha, trainAttn, trainMlp, trainUnembed, seed } = state.shape
  const lora = { rank, alpha, train_attn: trainAttn, train_mlp: trainMlp, train_unembed: trainUnembed }
  const { store, clock, owner, audit } = context
  if ((await store.getRun(id)) === null) {
    const now = clock.now()
    const times = { created_at: now, last_request_at: now }
    const run: RunRecord = { id, session_id: '', base_model: base.name, ...lora, seed, owner, ...times }
    await store.putRun(run)
  }
  const keep = async (type: CheckpointType, kept: AdapterState): Promise<string> => {
    const fields = { run_id: id, type, name, base_model: base.name, ...lora, public: false, expires_at: null }
    const known = await store.get(id, type, name)
    if (known !== null) return pathOf(known)
    const saved = await store.save({ ...fields, has_optimizer: kept.optimizer !== undefined }, encodeAdapter(kept))
    audit.note('checkpoint_created', { model_id: id, tinker_path: pathOf(saved), purpose: 'import' })
    return pathOf(saved)
  }
  const training = await keep('training', state)
  const { optimizer: _, ...bare } = state
  return { training, sampler: await keep('sampler', bare), baseModel: base.name }
}

type Config = Readonly<Record<string, unknown>>

/** What changes the arithmetic of an adapter in ways that this engine does not have. */
const OTHERWISE = [
  ...['use_dora', 'use_qalora', 'lora_bias', 'fan_in_fan_out', 'modules_to_save', 'rank_pattern', 'alpha_pattern'],
  ...['layer_replication', 'trainable_token_indices', 'target_parameters', 'alora_invocation_tokens', 'arrow_config'],
]

async function adapterState(
  config: Config,
  files: AdapterImport['files'],
  given: ReadonlyMap<string, Tensor>,
  engine: Engine,
): Promise<AdapterState> {
  demand(
    config['peft_type'] === 'LORA',
    `the adapter's peft_type is ${JSON.stringify(config['peft_type'])}, not "LORA"`,
  )
  const set = OTHERWISE.find((key) => !isEmpty(config[key]))
  demand(set === undefined, `the adapter sets ${set}, which this server does not compute`)
  demand((config['bias'] ?? 'none') === 'none', 'the adapter trains biases, which this server does not have')
  const [rank, alpha] = [config['r'], config['lora_alpha']]
  demand(typeof rank === 'number' && typeof alpha === 'number', 'the adapter has no numbers r and lora_alpha')
  const has = (part: string): boolean => [...given.keys()].some((name) => name.includes(part))
  const targets = { trainAttn: has('.self_attn.'), trainMlp: has('.mlp.'), trainUnembed: has('.lm_head.') }
  // rsLoRA scales by alpha / √r where others scale by alpha / r.
  const scale = (config['use_rslora'] === true ? alpha * Math.sqrt(rank) : alpha) / ALPHA
  const blank = engine.createAdapter({ rank, alpha: ALPHA, seed: 0, ...targets })
  const { shape, tensors } = await engine.exportAdapter(blank, { optimizer: false })
  engine.dropAdapter(blank)
  const state = { shape, tensors: filled(tensors, given, scale) }
  demand(
    scale === 1 || files['optimizer_state.json'] === undefined,
    `an optimizer's state can be taken over with lora_alpha ${ALPHA} only`,
  )
  const moments = optimizerOf(files, state.tensors)
  const whole = moments === undefined ? state : { ...state, optimizer: moments }
  // The engine says what does not fit.
  engine.dropAdapter(await engine.importAdapter(whole))
  return whole
}

const COPY = /^base_model\.model\.(.+)\.base_layer\.weight$/

/** PEFT saves the base model's own head beside an adapter of the head. */
function split(given: Map<string, Tensor>): { lora: Map<string, Tensor>; copies: Map<string, Tensor> } {
  const copies = new Map([...given].filter(([name]) => COPY.test(name)))
  return { lora: new Map([...given].filter(([name]) => !copies.has(name))), copies }
}

/** @throws Refusal when the adapter was made on other weights, such as of a larger vocabulary */
function checkCopies(copies: ReadonlyMap<string, Tensor>, file: Uint8Array): void {
  const base = readSafetensors(file)
  for (const [name, { data }] of copies) {
    const own = base.get(`${COPY.exec(name)![1]}.weight`) ?? base.get('model.embed_tokens.weight')
    // A copy may have been rounded to bf16, which keeps eight bits.
    const same =
      own?.data.length === data.length && data.every((x, i) => Math.abs(x - own.data[i]!) <= Math.abs(x) / 128)
    demand(same, `${name} differs from the base model's: the adapter was made on other weights`)
  }
}

/**
 * Every model here has the same alpha, so an adapter's own goes into its B. A layer that it leaves alone has zeros in both
 * matrices, and keeps them however long it is trained.
 */
function filled(
  wanted: AdapterState['tensors'],
  given: ReadonlyMap<string, Tensor>,
  scale: number,
): AdapterState['tensors'] {
  const stranger = [...given.keys()].find((name) => !Object.hasOwn(wanted, name))
  demand(stranger === undefined, `the adapter has ${stranger}, which has no place in this base model`)
  return Object.fromEntries(
    Object.entries(wanted).map(([name, { shape }]) => {
      const own = given.get(name)
      const other = name.replace(/lora_([AB])/, (_, side: string) => `lora_${side === 'A' ? 'B' : 'A'}`)
      demand(own !== undefined || !given.has(other), `the adapter has ${other}, but not ${name}`)
      if (own === undefined) return [name, { shape, data: new Float32Array(shape[0] * shape[1]) }]
      const [rows, columns] = own.shape
      demand(own.shape.length === 2, `${name} has ${own.shape.length} dimensions, not two`)
      const data = name.includes('.lora_B.') ? own.data.map((x) => x * scale) : own.data
      return [name, { shape: [rows!, columns!] as const, data }]
    }),
  )
}

/** Adam's state, from the files that this server puts beside an adapter's. */
function optimizerOf(files: AdapterImport['files'], tensors: AdapterState['tensors']): AdapterState['optimizer'] {
  if (files['optimizer_state.json'] === undefined) return undefined
  const { step } = readObject(files, 'optimizer_state.json')
  demand(typeof step === 'number', 'optimizer_state.json has no step')
  const moment = (file: string): Record<string, Float32Array> => {
    const bytes = files[file]
    demand(bytes !== undefined, `the adapter has optimizer_state.json, but not ${file}`)
    const given = readSafetensors(bytes, file)
    return Object.fromEntries(
      Object.entries(tensors).map(([name, { data }]) => [name, given.get(name)?.data ?? new Float32Array(data.length)]),
    )
  }
  return { step, m: moment('optimizer_m.safetensors'), v: moment('optimizer_v.safetensors') }
}

/** The model that the adapter names, else the only one on which it fits: a path on another machine says nothing here. */
async function baseOf(config: Config, tensors: ReadonlyMap<string, Tensor>, bases: BaseModels): Promise<string> {
  const named = config['base_model_name_or_path']
  const { names } = bases
  if (typeof named === 'string' && names.includes(named)) return named
  if (names.length === 1) return names[0]!
  const models = await Promise.all(names.map((name) => bases.get(name)))
  const fitting = models.filter((model) => fits(model, tensors)).map((model) => model.name)
  const which = `the adapter is for ${JSON.stringify(named)}`
  demand(fitting.length > 0, `${which} and fits none of the models here: ${names.join(', ')}`)
  demand(fitting.length === 1, `${which}; say which of ${fitting.join(', ')} it is to be put on`)
  return fitting[0]!
}

const LAYER = /\.layers\.(\d+)\./
/** Matrices with one side as wide as the model: A of what reads from it, B of what writes to it. */
const READS = /\.(q_proj|k_proj|v_proj|gate_proj|up_proj|lm_head)\.lora_A\./
const WRITES = /\.(o_proj|down_proj)\.lora_B\./

function fits({ hidden, layers }: BaseModel, tensors: ReadonlyMap<string, Tensor>): boolean {
  return [...tensors].every(([name, { shape }]) => {
    const layer = LAYER.exec(name)
    if (layer !== null && Number(layer[1]) >= layers) return false
    if (READS.test(name)) return shape[1] === hidden
    return !WRITES.test(name) || shape[0] === hidden
  })
}

function readObject(files: AdapterImport['files'], file: string): Config {
  const bytes = files[file]
  demand(bytes !== undefined, `the adapter has no ${file}`)
  const value = accept(parseJson(new TextDecoder().decode(bytes)))
  demand(typeof value === 'object' && value !== null && !Array.isArray(value), `${file} is not a JSON object`)
  return value as Config
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof EngineError) throw new Refusal(error.message)
    throw error
  }
}
