/** Content hashes of stages and plans: what would give the same weights has the same hash, whatever it is called or where it stands. */
import { canonicalBytes, canonicalSha256 } from '../base/canonicalJson.ts'
import type { Json, KnownBytes } from '../base/canonicalJson.ts'
import { partsOf } from './dataset.ts'
import type { DatasetSpec } from './dataset.ts'
import { datasetKey } from './datasetKey.ts'
import type {
  CheckpointSpec,
  Condition,
  Decision,
  EvaluateStage,
  EvaluatedPolicy,
  Hyperparameters,
  ModelSpec,
  PipelineConfig,
  PolicySource,
  RewardSpec,
} from './pipelineConfig.ts'
import { IR_VERSION, LOOP_VERSION } from './pipelineConfig.ts'

export { planHash } from './planHash.ts'

/** SHA-256 of the mapped rows behind a spec; null when nobody read them. */
export type Fingerprints = (spec: DatasetSpec) => string | null

/** Keys of stages and decisions by their ids. */
export type Hashes = { readonly [id: string]: string }

export function fingerprintsOf(known: { readonly [dataset: string]: string }): Fingerprints {
  return (spec) => known[datasetKey(spec)] ?? null
}

/** The hash of a stage or decision, and the parents that it was made with; null while there is none. */
export type HashSlot = { parents: readonly string[] | null; hash: string }

export type DecisionHashes = WeakMap<Decision, HashSlot>

/** Remembers hashes of what is the same object with the same parents, for whoever compiles again and again. */
export type HashMemo = { readonly stages: readonly HashSlot[]; readonly decisions: DecisionHashes }

/**
 * Keys of stages and decisions: SHA-256 of what a stage's results depend on, with its parents' keys in place of their ids.
 * Titles, labels, node ids and the order of keys do not enter. A pinned stage has the key of the result that it is pinned to.
 * `stages` and `decisions` come in an order in which parents stand first.
 * @param memo slots for the stages, in their order, and for decisions
 */
export function planHashes(
  stages: readonly PipelineConfig[],
  decisions: readonly Decision[],
  fingerprint: Fingerprints,
  memo?: HashMemo,
): Hashes {
  const hashes: { [id: string]: string } = {}
  /** Filled anew for each: most are those that are known. */
  const parents: string[] = []
  const hashed = (item: PipelineConfig | Decision, slot: HashSlot | null): string => {
    if (slot) parentKeys(item, hashes, fingerprint, parents)
    if (slot?.parents && sameKeys(slot.parents, parents)) return slot.hash
    const content =
      'type' in item ? decisionContent(item, hashes, measuredBy(item)) : stageContent(item, hashes, fingerprint)
    const hash = canonicalSha256(content, shared)
    if (slot) {
      slot.parents = parents.slice()
      slot.hash = hash
    }
    return hash
  }
  let evaluations: ReadonlyMap<string, EvaluateStage> | null = null
  const measuredBy = ({ evaluation }: Decision): EvaluateStage | undefined => {
    evaluations ??= new Map(stages.flatMap((stage) => (stage.mode === 'evaluate' ? [[stage.id, stage]] : [])))
    return evaluations.get(evaluation)
  }
  let next = 0
  const decide = (): void => {
    for (; next < decisions.length && Object.hasOwn(hashes, decisions[next]!.evaluation); next++) {
      const decision = decisions[next]!
      hashes[decision.id] = hashed(decision, memo ? slotOf(decision, memo.decisions) : null)
    }
  }
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]!
    hashes[stage.id] = stage.pin ?? hashed(stage, memo?.stages[i] ?? null)
    if (next < decisions.length) decide()
  }
  return hashes
}

function slotOf(decision: Decision, slots: DecisionHashes): HashSlot {
  let slot = slots.get(decision)
  if (!slot) slots.set(decision, (slot = { parents: null, hash: '' }))
  return slot
}

/**
 * Everything that a stage's results depend on, as data: two stages with the same content are the same stage. Members are
 * named one by one, as spreading a common part into each takes engines longer than writing the text.
 */
export function stageContent(stage: PipelineConfig, hashes: Hashes, fingerprint: Fingerprints): Json {
  const { mode, renderer } = stage
  const irVersion = IR_VERSION
  const loopVersion = LOOP_VERSION
  const dataset = rowsOf(stage.dataset, fingerprint)
  const conditions = conditionsOf(stage.conditions, hashes)
  if (stage.mode === 'evaluate') {
    const { policies, rewards, ...rest } = stage.evaluation
    const measured = policies.map((policy) => policyOf(policy, hashes))
    const evaluation = { ...rest, policies: measured, rewards: rewards.map(gradingOf) }
    return { irVersion, loopVersion, mode, renderer, dataset, conditions, evaluation }
  }
  const hyperparameters = written(settings, stage.hyperparameters, (same) => same)
  const model = modelOf(stage.model)
  const start = sourceOf(stage.start, hashes)
  const checkpointing = stage.checkpointing.map(saveOf)
  if (stage.mode === 'sft') {
    return {
      irVersion,
      loopVersion,
      mode,
      renderer,
      dataset,
      conditions,
      model,
      start,
      hyperparameters,
      checkpointing,
      sft: stage.sft,
      heldout: stage.heldout && rowsOf(stage.heldout, fingerprint),
    }
  }
  return {
    irVersion,
    loopVersion,
    mode,
    renderer,
    dataset,
    conditions,
    model,
    start,
    hyperparameters,
    checkpointing,
    rl: { ...stage.rl, rewards: stage.rl.rewards.map(gradingOf) },
  }
}

/** Labels enter only by the place in the evaluation that they stand for; the evaluation itself enters by its key. */
function decisionContent(decision: Decision, hashes: Hashes, measured: EvaluateStage | undefined): Json {
  const { evaluation, conditions } = decision
  const common = { evaluation: hashes[evaluation] ?? null, conditions: conditionsOf(conditions, hashes) }
  if (decision.type === 'best-of') {
    const candidates = decision.candidates.map((candidate) => policyOf(candidate, hashes))
    return { ...common, type: 'best-of', goal: decision.goal, candidates }
  }
  const { policy, comparison, threshold, against } = decision
  const place = (label: string): number | string => placeOfPolicy(measured, label) ?? label
  return {
    ...common,
    type: 'gate',
    policy: place(policy),
    comparison,
    threshold,
    against: against === null ? null : place(against),
  }
}

/** Which policy of an evaluation a label stands for; null for one that it does not measure. */
export function placeOfPolicy(measured: EvaluateStage | undefined, label: string): number | null {
  const place = measured?.evaluation.policies.findIndex((policy) => policy.label === label) ?? -1
  return place < 0 ? null : place
}

/** Puts the keys of everything that is only named by id into `keys`, to see whether a remembered hash still holds. */
function parentKeys(item: PipelineConfig | Decision, hashes: Hashes, fingerprint: Fingerprints, keys: string[]): void {
  keys.length = 0
  for (const { decision } of item.conditions) keys.push(hashes[decision] ?? '')
  if ('type' in item) {
    keys.push(hashes[item.evaluation] ?? '')
    if (item.type === 'best-of') for (const { source } of item.candidates) keys.push(sourceKey(source, hashes))
    return
  }
  if (item.mode === 'evaluate') for (const { source } of item.evaluation.policies) keys.push(sourceKey(source, hashes))
  else keys.push(sourceKey(item.start, hashes))
  for (const spec of partsOf(item.dataset)) keys.push(fingerprint(spec) ?? '')
  if (item.mode === 'sft' && item.heldout) {
    for (const spec of partsOf(item.heldout)) keys.push(fingerprint(spec) ?? '')
  }
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function sourceKey(source: PolicySource, hashes: Hashes): string {
  if (source.from === 'base') return ''
  return hashes[source.from === 'stage' ? source.stage : source.decision] ?? ''
}

/** Models, rewards, rows and often settings are the same objects in many stages: as content and as bytes each is made once. */
const shared: KnownBytes = new WeakMap()
const models = new WeakMap<ModelSpec, Json>()
const gradings = new WeakMap<RewardSpec, Json>()
const settings = new WeakMap<Hyperparameters, Json>()
const rowsBySpec = new WeakMap<DatasetSpec, { readonly told: string; readonly content: Json }>()

function written<T extends object>(memo: WeakMap<T, Json>, spec: T, content: (spec: T) => Json): Json {
  let made = memo.get(spec)
  if (made === undefined) {
    made = content(spec)
    memo.set(spec, made)
    shared.set(made as object, canonicalBytes(made))
  }
  return made
}

function rowsOf(spec: DatasetSpec, fingerprint: Fingerprints): Json {
  const told =
    spec.more === undefined
      ? (fingerprint(spec) ?? '')
      : partsOf(spec)
          .map((part) => fingerprint(part) ?? '')
          .join()
  const before = rowsBySpec.get(spec)
  if (before?.told === told) return before.content
  const content = rowsContent(spec, fingerprint)
  rowsBySpec.set(spec, { told, content })
  shared.set(content as object, canonicalBytes(content))
  return content
}

/** The rows themselves where they are known, else the place that they come from. */
function rowsContent(spec: DatasetSpec, fingerprint: Fingerprints): Json {
  const { source, mapping, node: _, limitedBy: __, more, ...part } = spec
  const known = fingerprint(spec)
  const own: { readonly [key: string]: Json } = known === null ? { ...part, source, mapping } : { ...part, rows: known }
  return more === undefined ? own : { ...own, more: more.map((other) => rowsOf(other, fingerprint)) }
}

function policyOf({ model, source }: EvaluatedPolicy, hashes: Hashes): Json {
  return { model: modelOf(model), source: sourceOf(source, hashes) }
}

function modelOf(spec: ModelSpec): Json {
  return written(models, spec, ({ node: _, ...model }) => model)
}

function sourceOf(source: PolicySource, hashes: Hashes): Json {
  switch (source.from) {
    case 'base':
      return source
    case 'stage':
      return { ...source, stage: hashes[source.stage] ?? null }
    case 'decision':
      return { ...source, decision: hashes[source.decision] ?? null }
  }
}

function conditionsOf(conditions: readonly Condition[], hashes: Hashes): Json {
  if (conditions.length === 0) return conditions as readonly []
  return conditions.map(({ decision, outcome }) => ({ decision: hashes[decision] ?? null, outcome }))
}

function gradingOf(spec: RewardSpec): Json {
  return written(gradings, spec, ({ weight, grader }) => ({ weight, grader }))
}

function saveOf({ name, every, ttlSeconds }: CheckpointSpec): Json {
  return { name, every, ttlSeconds }
}
