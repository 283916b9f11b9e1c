/**
 * Canonical text (RFC 8785) of what the results of a stage or a decision depend on, with keys of parents in place of their
 * ids; titles, labels and node ids do not enter. It is written piece by piece, as plans have thousands of stages that share
 * most pieces: each model, dataset and group of settings is written once. Members stand in canonical order.
 */
import { canonicalJson } from '../base/canonicalJson.ts'
import type { Json } from '../base/canonicalJson.ts'
import { partsOf } from './dataset.ts'
import type { DatasetSpec } from './dataset.ts'
import { datasetKey } from './datasetKey.ts'
import type {
  CheckpointSpec,
  Condition,
  Decision,
  EvaluateStage,
  EvaluatedPolicy,
  EvaluationSpec,
  ModelSpec,
  PipelineConfig,
  PolicySource,
  RewardSpec,
  RlSpec,
} from './pipelineConfig.ts'
import { IR_VERSION, LOOP_VERSION } from './pipelineConfig.ts'

/** SHA-256 of the mapped rows behind a spec; null when nobody read them. */
export type Fingerprints = (spec: DatasetSpec) => string | null

/** Keys of stages and decisions by their ids. */
export type Hashes = { readonly [id: string]: string }

export function fingerprintsOf(known: { readonly [dataset: string]: string }): Fingerprints {
  return (spec) => known[datasetKey(spec)] ?? null
}

/** Two stages with the same text are the same stage. @throws TypeError where canonical JSON does */
export function stageText(stage: PipelineConfig, hashes: Hashes, fingerprint: Fingerprints): string {
  const conditions = conditionsText(stage.conditions, hashes)
  const dataset = rowsText(stage.dataset, fingerprint)
  if (stage.mode === 'evaluate') {
    const evaluation = evaluationText(stage.evaluation, hashes)
    return `{"conditions":${conditions},"dataset":${dataset},"evaluation":${evaluation},${VERSIONS},"mode":"evaluate","renderer":${quoted(stage.renderer)}}`
  }
  const head = `{"checkpointing":${listText(stage.checkpointing, saveText)},"conditions":${conditions},"dataset":${dataset},`
  const settings = `"hyperparameters":${textOf(stage.hyperparameters)},${VERSIONS},"mode":"${stage.mode}","model":${modelText(stage.model)},"renderer":${quoted(stage.renderer)},`
  const tail = `"start":${sourceText(stage.start, hashes)}}`
  if (stage.mode === 'rl') return `${head}${settings}"rl":${rlText(stage.rl)},${tail}`
  const heldout = stage.heldout ? rowsText(stage.heldout, fingerprint) : 'null'
  return `${head}"heldout":${heldout},${settings}"sft":${textOf(stage.sft)},${tail}`
}

/** The same as data, for whoever compares two of them. */
export function stageContent(stage: PipelineConfig, hashes: Hashes, fingerprint: Fingerprints): Json {
  return JSON.parse(stageText(stage, hashes, fingerprint)) as Json
}

/** Labels enter only by the place in the evaluation that they stand for; the evaluation itself enters by its key. */
export function decisionText(decision: Decision, hashes: Hashes, measured: EvaluateStage | undefined): string {
  const conditions = conditionsText(decision.conditions, hashes)
  const evaluation = keyText(hashes, decision.evaluation)
  if (decision.type === 'best-of') {
    const candidates = listText(decision.candidates, (candidate) => policyText(candidate, hashes))
    return `{"candidates":${candidates},"conditions":${conditions},"evaluation":${evaluation},"goal":${quoted(decision.goal)},"type":"best-of"}`
  }
  const { policy, comparison, threshold, against } = decision
  const place = (label: string): string => canonicalJson(placeOfPolicy(measured, label) ?? label)
  return `{"against":${against === null ? 'null' : place(against)},"comparison":${quoted(comparison)},"conditions":${conditions},"evaluation":${evaluation},"policy":${place(policy)},"threshold":${canonicalJson(threshold)},"type":"gate"}`
}

/** Which policy of an evaluation a label stands for; null for one that it does not measure. */
export function placeOfPolicy(measured: EvaluateStage | undefined, label: string): number | null {
  const place = measured?.evaluation.policies.findIndex((policy) => policy.label === label) ?? -1
  return place < 0 ? null : place
}

const VERSIONS = `"irVersion":${IR_VERSION},"loopVersion":${LOOP_VERSION}`

function evaluationText({ policies, rewards, sampling, samplesPerRow, seed }: EvaluationSpec, hashes: Hashes): string {
  const measured = listText(policies, (policy) => policyText(policy, hashes))
  return `{"policies":${measured},"rewards":${listText(rewards, gradingText)},"samplesPerRow":${canonicalJson(samplesPerRow)},"sampling":${textOf(sampling)},"seed":${canonicalJson(seed)}}`
}

function policyText({ model, source }: EvaluatedPolicy, hashes: Hashes): string {
  return `{"model":${modelText(model)},"source":${sourceText(source, hashes)}}`
}

function sourceText(source: PolicySource, hashes: Hashes): string {
  switch (source.from) {
    case 'base':
      return '{"from":"base"}'
    case 'stage':
      return `{"checkpoint":${quoted(source.checkpoint)},"from":"stage","load":"${source.load}","stage":${keyText(hashes, source.stage)}}`
    case 'decision':
      return `{"decision":${keyText(hashes, source.decision)},"from":"decision","load":"${source.load}"}`
  }
}

function conditionsText(conditions: readonly Condition[], hashes: Hashes): string {
  return listText(
    conditions,
    ({ decision, outcome }) => `{"decision":${keyText(hashes, decision)},"outcome":"${outcome}"}`,
  )
}

/** Null for what has no key yet. */
function keyText(hashes: Hashes, id: string): string {
  return Object.hasOwn(hashes, id) ? quoted(hashes[id]!) : 'null'
}

function saveText({ name, every, ttlSeconds }: CheckpointSpec): string {
  return `{"every":${every},"name":${quoted(name)},"ttlSeconds":${ttlSeconds}}`
}

function listText<T>(items: readonly T[], text: (item: T) => string): string {
  if (items.length === 0) return '[]'
  let all = `[${text(items[0]!)}`
  for (let i = 1; i < items.length; i++) all += `,${text(items[i]!)}`
  return `${all}]`
}

/** Printable ASCII without quote and backslash stands for itself; a loop over the few characters of a name beats a pattern. */
function quoted(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return canonicalJson(text)
  }
  return `"${text}"`
}

/** Models, rewards, rows and settings are immutable, and often the same objects in many stages. */
const texts = new WeakMap<object, string>()
const rowsBySpec = new WeakMap<DatasetSpec, { readonly told: string; readonly text: string }>()

function remembered<T extends object>(spec: T, content: (spec: T) => Json): string {
  let text = texts.get(spec)
  if (text === undefined) texts.set(spec, (text = canonicalJson(content(spec))))
  return text
}

function textOf(spec: object): string {
  return remembered(spec, whole)
}

function whole(spec: object): Json {
  return spec as Json
}

function modelText(spec: ModelSpec): string {
  return remembered(spec, ({ node: _, ...model }) => model)
}

function gradingText(spec: RewardSpec): string {
  return remembered(spec, graded)
}

function graded({ weight, grader }: RewardSpec): Json {
  return { weight, grader }
}

function rlText(spec: RlSpec): string {
  return remembered(spec, ({ rewards, ...rl }) => ({ ...rl, rewards: rewards.map(graded) }))
}

function rowsText(spec: DatasetSpec, fingerprint: Fingerprints): string {
  const told =
    spec.more === undefined
      ? (fingerprint(spec) ?? '')
      : partsOf(spec)
          .map((part) => fingerprint(part) ?? '')
          .join()
  const before = rowsBySpec.get(spec)
  if (before?.told === told) return before.text
  const text = canonicalJson(rowsContent(spec, fingerprint))
  rowsBySpec.set(spec, { told, text })
  return text
}

/** The rows themselves where they are known, else the place that they come from. */
function rowsContent(spec: DatasetSpec, fingerprint: Fingerprints): Json {
  const { source, mapping, node: _, limitedBy: __, more, ...part } = spec
  const known = fingerprint(spec)
  const own: { readonly [key: string]: Json } = known === null ? { ...part, source, mapping } : { ...part, rows: known }
  return more === undefined ? own : { ...own, more: more.map((other) => rowsContent(other, fingerprint)) }
}
