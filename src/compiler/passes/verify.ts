/** Pass 5: invariants of the IR that the loops rely on. Built-in kinds keep them; this catches kinds that do not. */
import type { Diagnostic } from '../../base/diagnostic.ts'
import type { Condition, Decision, EvaluateStage, PipelineConfig, PolicySource } from '../../ir/pipelineConfig.ts'
import { compilerDiagnostic } from '../codes.ts'
import type { StageRecord } from './stageRecord.ts'

export type Verified = {
  readonly records: readonly StageRecord[]
  /** Those of the records, and the same by id; what is by id holds until the next compile. */
  readonly stages: readonly PipelineConfig[]
  readonly byId: Map<string, PipelineConfig>
  readonly decisions: readonly Decision[]
  readonly diagnostics: readonly Diagnostic[]
}

/** What stages share, seen before to hold nothing but plain data; looking again is most of the work of this pass. */
type PlainMemo = WeakSet<object>

/** The newest plan of which everything held, for whoever compiles again. */
export type VerifyMemo = { readonly plain: PlainMemo; before: Verified | null }

export function freshVerifyMemo(): VerifyMemo {
  return { plain: new WeakSet(), before: null }
}

/**
 * Keeps the stages and decisions that hold; both come in an order in which parents stand before children. A decision is
 * looked at as soon as its evaluation has been.
 */
export function verify(
  records: readonly StageRecord[],
  decisions: readonly Decision[] = [],
  memo: VerifyMemo = freshVerifyMemo(),
): Verified {
  const verified = verifyMoved(records, decisions, memo) ?? verifyAll(records, decisions, memo.plain)
  memo.before = verified.diagnostics.length === 0 ? verified : null
  return verified
}

/**
 * The same stages as before, in which all held: only those that are others now, and what waits for them, can be broken. Null
 * where there is more to look at, or something is broken.
 */
function verifyMoved(
  records: readonly StageRecord[],
  decisions: readonly Decision[],
  { before, plain }: VerifyMemo,
): Verified | null {
  if (before?.records.length !== records.length || decisions.length > 0 || before.decisions.length > 0) return null
  const { byId } = before
  const stages = before.stages.slice()
  const moved = new Set<string>()
  for (let at = 0; at < records.length; at++) {
    const record = records[at]!
    const { stage } = record
    const same = before.records[at] === record
    if (same && !waitsForAny(stage, moved)) continue
    if (stage.id !== stages[at]!.id || brokenInvariant(record, byId, NONE_TAKEN, plain) !== null) return null
    if (same) continue
    moved.add(stage.id)
    byId.set(stage.id, stage)
    stages[at] = stage
  }
  return { records, stages, byId, decisions, diagnostics: NOTHING }
}

const NONE_TAKEN: Taken = new Map()
const NOTHING: readonly Diagnostic[] = []

function waitsForAny({ dependsOn }: PipelineConfig, moved: ReadonlySet<string>): boolean {
  if (moved.size > 0) for (const id of dependsOn) if (moved.has(id)) return true
  return false
}

function verifyAll(records: readonly StageRecord[], decisions: readonly Decision[], plain: PlainMemo): Verified {
  const sound = new Map<string, PipelineConfig>()
  const refused = new Set<StageRecord>()
  const taken = new Map<string, Decision>()
  const diagnostics: Diagnostic[] = []
  const waiting = [...decisions]
  const refuse = (item: PipelineConfig | Decision, broken: string): void => {
    const message = `The stage of “${item.title}” cannot run: ${broken}.`
    diagnostics.push(compilerDiagnostic('CM3302', { on: 'node', node: item.node }, message))
  }
  const decide = (): void => {
    while (waiting.length > 0 && sound.has(waiting[0]!.evaluation)) {
      const decision = waiting.shift()!
      const broken = brokenDecision(decision, sound, taken)
      if (broken === null) taken.set(decision.id, decision)
      else refuse(decision, broken)
    }
  }
  for (const record of records) {
    const { stage } = record
    const broken = sound.has(stage.id)
      ? `the stage id ${stage.id} is taken`
      : brokenInvariant(record, sound, taken, plain)
    if (broken === null) {
      sound.set(stage.id, stage)
      decide()
      continue
    }
    refused.add(record)
    refuse(stage, broken)
  }
  for (const decision of waiting) refuse(decision, 'the evaluation that it looks at is not there')
  const kept = refused.size === 0 ? records : records.filter((record) => !refused.has(record))
  return { records: kept, stages: [...sound.values()], byId: sound, decisions: [...taken.values()], diagnostics }
}

type Taken = ReadonlyMap<string, Decision>

function brokenDecision(decision: Decision, sound: ReadonlyMap<string, PipelineConfig>, taken: Taken): string | null {
  if (taken.has(decision.id)) return `the decision ${decision.id} is taken`
  const evaluation = sound.get(decision.evaluation)
  if (evaluation?.mode !== 'evaluate') return 'it looks at a stage that measures nothing'
  const labels = new Set(evaluation.evaluation.policies.map((policy) => policy.label))
  const named =
    decision.type === 'best-of'
      ? decision.candidates.map((candidate) => candidate.label)
      : [decision.policy, ...(decision.against === null ? [] : [decision.against])]
  const stranger = named.find((label) => !labels.has(label))
  if (stranger !== undefined) return `“${stranger}” is not measured by its evaluation`
  if (named.length === 0) return 'it has nothing to choose from'
  return brokenConditions(decision.conditions, taken)
}

function brokenConditions(conditions: readonly Condition[], taken: Taken): string | null {
  return conditions.every((condition) => taken.get(condition.decision)?.type === 'gate')
    ? null
    : 'it waits for a gate that is not there'
}

function brokenInvariant(
  record: StageRecord,
  sound: ReadonlyMap<string, PipelineConfig>,
  taken: Taken,
  plain: PlainMemo,
): string | null {
  const { stage } = record
  record.plain ||= isPlainStage(stage, plain)
  if (!record.plain) return 'it holds a value that is not plain data'
  if (stage.mode === 'evaluate') return brokenEvaluation(stage, sound, taken)
  const broken = brokenSource(stage.start, sound, taken)
  if (broken !== null) return broken
  if (stage.start.from === 'stage' && !stage.dependsOn.includes(stage.start.stage)) return NOT_WAITED
  for (const id of stage.dependsOn) if (!sound.has(id)) return WAITS_FOR_NOBODY
  if (stage.mode === 'rl' && stage.rl.rewards.length === 0) return NOTHING_GRADES
  return brokenConditions(stage.conditions, taken)
}

const NOT_WAITED = 'it does not wait for a stage whose weights it reads'
const WAITS_FOR_NOBODY = 'it waits for a stage that is not there'
const NOTHING_GRADES = 'nothing grades its answers'

/** Up to so many a list is looked through. */
const FEW = 16

function brokenEvaluation(
  { evaluation, dependsOn, conditions }: EvaluateStage,
  sound: ReadonlyMap<string, PipelineConfig>,
  taken: Taken,
): string | null {
  const { policies, rewards } = evaluation
  if (policies.length === 0) return 'it has no policy'
  for (const { source } of policies) {
    const broken = brokenSource(source, sound, taken)
    if (broken !== null) return broken
  }
  const waited = dependsOn.length > FEW ? new Set<string>(dependsOn) : null
  for (const { source } of policies) {
    if (source.from !== 'stage') continue
    if (!(waited ? waited.has(source.stage) : dependsOn.includes(source.stage))) return NOT_WAITED
  }
  for (const id of dependsOn) if (!sound.has(id)) return WAITS_FOR_NOBODY
  if (rewards.length === 0) return NOTHING_GRADES
  for (const policy of policies) {
    const broken = brokenConditions(policy.conditions, taken)
    if (broken !== null) return broken
  }
  return brokenConditions(conditions, taken)
}

function brokenSource(source: PolicySource, sound: ReadonlyMap<string, PipelineConfig>, taken: Taken): string | null {
  if (source.from === 'base') return null
  if (source.from === 'decision') {
    return taken.get(source.decision)?.type === 'best-of' ? null : 'it starts from a choice that nobody makes'
  }
  const parent = sound.get(source.stage)
  if (!parent || parent.mode === 'evaluate') return 'it starts from a stage that trains nothing'
  const saved = source.checkpoint === 'final' || parent.checkpointing.some((save) => save.name === source.checkpoint)
  return saved ? null : `it starts from a save “${source.checkpoint}” that nobody makes`
}

/** Datasets, models, settings and rewards are the same objects in many stages: each is looked at once. */
function isPlainStage(stage: PipelineConfig, plain: PlainMemo): boolean {
  const isShared = (part: object | undefined): boolean => {
    if (part === undefined || plain.has(part)) return true
    if (!isPlain(part)) return false
    plain.add(part)
    return true
  }
  if (!isShared(stage.dataset)) return false
  if (stage.mode === 'evaluate') {
    for (const { model } of stage.evaluation.policies) if (!isShared(model)) return false
    if (!isShared(stage.evaluation.rewards) || !isShared(stage.evaluation.sampling)) return false
  } else if (!isShared(stage.model) || !isShared(stage.hyperparameters)) return false
  if (stage.mode === 'rl' && !isShared(stage.rl)) return false
  if (stage.mode === 'sft' && !(isShared(stage.sft) && (!stage.heldout || isShared(stage.heldout)))) return false
  return isPlain(stage, plain)
}

/** Nothing but what canonical JSON can hold; walked instead of written, as the text itself is not wanted here. */
function isPlain(value: unknown, known?: PlainMemo): boolean {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value)
    case 'string':
      return value.isWellFormed()
    case 'boolean':
    case 'undefined':
      return true
    case 'object':
      if (value === null || known?.has(value)) return true
      if (Array.isArray(value)) {
        for (const item of value) if (!isPlain(item, known)) return false
        return true
      }
      for (const key in value)
        if (!key.isWellFormed() || !isPlain((value as Record<string, unknown>)[key], known)) return false
      return true
    default:
      return false
  }
}
