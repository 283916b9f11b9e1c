/**
 * Canonical text (RFC 8785) of what the results of a stage depend on, with keys of parents in place of their
 * ids; titles, labels and node ids do not enter. It is written piece by piece, as plans have thousands of stages that share
 * most pieces: each model, dataset and group of settings is written once. Members stand in canonical order.
 */
import { ByteText } from '../base/byteText.ts'
import { canonicalJson } from '../base/canonicalJson.ts'
import type { Json } from '../base/canonicalJson.ts'
import { partsOf } from './dataset.ts'
import type { DatasetSpec } from './dataset.ts'
import { datasetKey } from './datasetKey.ts'
import type {
  CheckpointSpec,
  Condition,
  EvaluatedPolicy,
  EvaluationSpec,
  Hyperparameters,
  ModelSpec,
  PipelineConfig,
  PolicySource,
  RewardSpec,
  RlSpec,
  SftSpec,
  TrainStage,
} from './pipelineConfig.ts'
import { IR_VERSION, LOOP_VERSION } from './pipelineConfig.ts'

/** SHA-256 of mapped rows by `datasetKey`; absent where nobody read them. */
export type Fingerprints = { readonly [dataset: string]: string }

/** Keys of stages and decisions by their ids. */
export type Hashes = { readonly [id: string]: string }

function fingerprintOf(spec: DatasetSpec, fingerprints: Fingerprints): string | null {
  return fingerprints[datasetKey(spec)] ?? null
}

/**
 * UTF-8 of the stage's text: two stages with the same are the same stage. The view holds until the next call.
 * @throws TypeError where canonical JSON does
 */
export function stageBytes(stage: PipelineConfig, hashes: Hashes, fingerprints: Fingerprints): Uint8Array {
  out.clear()
  if (stage.mode === 'evaluate') {
    out.bytes(KEYS.conditionsFirst)
    list(stage.conditions, condition, hashes)
    out.bytes(KEYS.dataset).bytes(rowsBytes(stage.dataset, fingerprints)).bytes(KEYS.evaluation)
    evaluation(stage.evaluation, hashes)
    return out.bytes(KEYS.evaluateRenderer).quoted(stage.renderer).bytes(END).written()
  }
  out.bytes(KEYS.checkpointing)
  list(stage.checkpointing, save, hashes)
  out.bytes(KEYS.conditions)
  list(stage.conditions, condition, hashes)
  out.bytes(middleBytes(stage, fingerprints)).bytes(KEYS.start)
  source(stage.start, hashes)
  return out.bytes(END).written()
}

/** The same as data, for whoever compares two of them. */
export function stageContent(stage: PipelineConfig, hashes: Hashes, fingerprints: Fingerprints): Json {
  return JSON.parse(decoder.decode(stageBytes(stage, hashes, fingerprints))) as Json
}

const out = new ByteText()
const encoder = new TextEncoder()
const decoder = new TextDecoder()
const [NULL, LIST, NEXT, LAST, END] = ['null', '[', ',', ']', '}'].map((text) => encoder.encode(text)) as Five

type Five = [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]

const VERSIONS = `"irVersion":${IR_VERSION},"loopVersion":${LOOP_VERSION}`

const KEYS = encoded({
  conditionsFirst: '{"conditions":',
  dataset: ',"dataset":',
  evaluation: ',"evaluation":',
  evaluateRenderer: `,${VERSIONS},"mode":"evaluate","renderer":`,
  checkpointing: '{"checkpointing":',
  conditions: ',"conditions":',
  start: ',"start":',
  policies: '{"policies":',
  rewards: ',"rewards":',
  samplesPerRow: ',"samplesPerRow":',
  sampling: ',"sampling":',
  seed: ',"seed":',
  model: '{"model":',
  source: ',"source":',
  base: '{"from":"base"}',
  checkpoint: '{"checkpoint":',
  fromStage: ',"from":"stage","load":',
  stage: ',"stage":',
  decision: '{"decision":',
  fromDecision: ',"from":"decision","load":',
  outcome: ',"outcome":',
  every: '{"every":',
  name: ',"name":',
  ttlSeconds: ',"ttlSeconds":',
})

function encoded<K extends string>(texts: Readonly<Record<K, string>>): Readonly<Record<K, Uint8Array>> {
  const all = Object.entries<string>(texts).map(([name, text]) => [name, encoder.encode(text)])
  return Object.fromEntries(all) as Record<K, Uint8Array>
}

function evaluation(spec: EvaluationSpec, hashes: Hashes): void {
  out.bytes(KEYS.policies)
  list(spec.policies, policy, hashes)
  out.bytes(KEYS.rewards)
  list(spec.rewards, reward, hashes)
  out.bytes(KEYS.samplesPerRow).number(spec.samplesPerRow)
  out.bytes(KEYS.sampling).bytes(bytesOf(spec.sampling))
  out.bytes(KEYS.seed).number(spec.seed).bytes(END)
}

function policy({ model, source: from }: EvaluatedPolicy, hashes: Hashes): void {
  out.bytes(KEYS.model).bytes(modelBytes(model)).bytes(KEYS.source)
  source(from, hashes)
  out.bytes(END)
}

function source(from: PolicySource, hashes: Hashes): void {
  if (from.from === 'base') {
    out.bytes(KEYS.base)
  } else if (from.from === 'stage') {
    out.bytes(KEYS.checkpoint).quoted(from.checkpoint).bytes(KEYS.fromStage).quoted(from.load).bytes(KEYS.stage)
    key(hashes, from.stage)
    out.bytes(END)
  } else {
    out.bytes(KEYS.decision)
    key(hashes, from.decision)
    out.bytes(KEYS.fromDecision).quoted(from.load).bytes(END)
  }
}

function condition({ decision, outcome }: Condition, hashes: Hashes): void {
  out.bytes(KEYS.decision)
  key(hashes, decision)
  out.bytes(KEYS.outcome).quoted(outcome).bytes(END)
}

function save({ name, every, ttlSeconds }: CheckpointSpec): void {
  out.bytes(KEYS.every).number(every).bytes(KEYS.name).quoted(name).bytes(KEYS.ttlSeconds)
  if (ttlSeconds === null) out.bytes(NULL)
  else out.number(ttlSeconds)
  out.bytes(END)
}

function reward(spec: RewardSpec): void {
  out.bytes(remembered(spec, graded))
}

/** Null for what has no key yet. */
function key(hashes: Hashes, id: string): void {
  if (Object.hasOwn(hashes, id)) out.quoted(hashes[id]!)
  else out.bytes(NULL)
}

function list<T>(items: readonly T[], write: (item: T, hashes: Hashes) => void, hashes: Hashes): void {
  out.bytes(LIST)
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out.bytes(NEXT)
    write(items[i]!, hashes)
  }
  out.bytes(LAST)
}

/** What stands between the saves and the start of a trainer. Most trainers of a plan are set alike, and have the same. */
type Middle = {
  readonly dataset: Uint8Array
  readonly heldout: Uint8Array | null
  readonly model: ModelSpec
  readonly renderer: string
  readonly spec: SftSpec | RlSpec
  readonly bytes: Uint8Array
}

const middles = new WeakMap<Hyperparameters, Middle>()

function middleBytes(stage: TrainStage, fingerprints: Fingerprints): Uint8Array {
  const { model, renderer, hyperparameters } = stage
  const dataset = rowsBytes(stage.dataset, fingerprints)
  const heldout = stage.mode === 'sft' && stage.heldout ? rowsBytes(stage.heldout, fingerprints) : null
  const spec = stage.mode === 'sft' ? stage.sft : stage.rl
  const before = middles.get(hyperparameters)
  if (
    before?.dataset === dataset &&
    before.heldout === heldout &&
    before.model === model &&
    before.renderer === renderer &&
    before.spec === spec
  )
    return before.bytes
  const text = decoder.decode.bind(decoder)
  const own = stage.mode === 'sft' ? `"sft":${text(bytesOf(stage.sft))}` : `"rl":${text(rlBytes(stage.rl))}`
  const held = stage.mode === 'sft' ? `"heldout":${heldout ? text(heldout) : 'null'},` : ''
  const bytes = encoder.encode(
    `,"dataset":${text(dataset)},${held}"hyperparameters":${text(bytesOf(hyperparameters))},${VERSIONS},"mode":"${stage.mode}","model":${text(modelBytes(model))},"renderer":${canonicalJson(renderer)},${own}`,
  )
  middles.set(hyperparameters, { dataset, heldout, model, renderer, spec, bytes })
  return bytes
}

/** Models, rewards, rows and settings are immutable, and often the same objects in many stages. */
const known = new WeakMap<object, Uint8Array>()
const rowsBySpec = new WeakMap<DatasetSpec, Rows>()

/** Bytes of a dataset, with what was told of its rows and by whom. */
type Rows = { readonly told: string; readonly fingerprints: Fingerprints; readonly bytes: Uint8Array }

function remembered<T extends object>(spec: T, content: (spec: T) => Json): Uint8Array {
  let bytes = known.get(spec)
  if (bytes === undefined) known.set(spec, (bytes = encoder.encode(canonicalJson(content(spec)))))
  return bytes
}

function bytesOf(spec: object): Uint8Array {
  return remembered(spec, whole)
}

function whole(spec: object): Json {
  return spec as Json
}

function modelBytes(spec: ModelSpec): Uint8Array {
  return remembered(spec, ({ node: _, ...model }) => model)
}

function graded({ weight, grader }: RewardSpec): Json {
  return { weight, grader }
}

function rlBytes(spec: RlSpec): Uint8Array {
  return remembered(spec, ({ rewards, ...rl }) => ({ ...rl, rewards: rewards.map(graded) }))
}

function rowsBytes(spec: DatasetSpec, fingerprints: Fingerprints): Uint8Array {
  const before = rowsBySpec.get(spec)
  if (before?.fingerprints === fingerprints) return before.bytes
  const told = partsOf(spec)
    .map((part) => fingerprintOf(part, fingerprints) ?? '')
    .join()
  // The very bytes of before where the rows are the same, so that what holds them sees that, too.
  const bytes = before?.told === told ? before.bytes : encoder.encode(canonicalJson(rowsContent(spec, fingerprints)))
  rowsBySpec.set(spec, { told, fingerprints, bytes })
  return bytes
}

/** The rows themselves where they are known, else the place that they come from. */
function rowsContent(spec: DatasetSpec, fingerprints: Fingerprints): Json {
  const { source, mapping, node: _, limitedBy: __, more, ...part } = spec
  const known = fingerprintOf(spec, fingerprints)
  const own: { readonly [key: string]: Json } = known === null ? { ...part, source, mapping } : { ...part, rows: known }
  return more === undefined ? own : { ...own, more: more.map((other) => rowsContent(other, fingerprints)) }
}
