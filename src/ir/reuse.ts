/** What of earlier runs stands for stages of a plan, and what forces the others to run again. Pure: whether a save still lives is asked elsewhere. */
import type { RunId, StageId } from '../base/ids.ts'
import { placeOfPolicy } from './decisionContent.ts'
import { stageContent } from './stageText.ts'
import type { Decision, PipelineConfig, Plan, Scalar } from './pipelineConfig.ts'
import { leafPaths, placeIn } from './provenance.ts'
import type { EvaluationResult, SavedCheckpoint } from './runEvent.ts'
import type { RunState } from './runState.ts'

/** A stage that an earlier run has finished, with all that it left. */
export type FinishedStage = {
  readonly run: RunId
  readonly docId: string
  /** Of the stage itself or of an earlier one that already stood for it. */
  readonly key: string
  readonly stage: StageId
  /** The plan that it ran in, to compare with. */
  readonly plan: Plan
  readonly steps: number
  readonly totalSteps: number
  readonly rows: number
  readonly first: number | null
  readonly last: number | null
  readonly checkpoints: readonly SavedCheckpoint[]
  readonly evaluations: readonly EvaluationResult[]
  /** Milliseconds since the epoch; where it was taken over, of that. */
  readonly endedAt: number
}

/** The last thing that became of a document's stage, where that is no result. */
export type UnfinishedStage = {
  readonly docId: string
  readonly stage: StageId
  readonly key: string
  readonly phase: 'failed' | 'stopped'
  readonly steps: number
  /** What it failed of. */
  readonly message: string | null
}

/** Why a stage runs although something like it has run before. */
export type RerunReason = {
  readonly type:
    | 'new'
    /** With these settings it ended early the last time, after `old` steps; `new` is what it failed of. */
    | 'failed'
    | 'stopped'
    /** A value differs; `old` and `new` are those values. */
    | 'changed'
    /** The save that it left is no longer on the server; `old` is its path. */
    | 'gone'
    /** A person asked for it. */
    | 'asked'
    /** The loops have changed since; `old` and `new` are their versions. */
    | 'loop'
  /** The stage that this happened to: the one that runs again, or one that it starts from. */
  readonly stage: StageId
  readonly node: string
  readonly field: string | null
  readonly port: string | null
  /** Dotted place in the stage's IR. */
  readonly path: string | null
  readonly old: Scalar | null
  readonly new: Scalar | null
}

export type ReuseDecision = {
  readonly stage: StageId
  readonly reuse: FinishedStage | null
  /** Empty exactly when something is reused. */
  readonly reasons: readonly RerunReason[]
}

export function finishedStages(state: RunState): readonly FinishedStage[] {
  // What was measured or chosen without a trial that failed is not what the plan promised.
  const short = new Set<string>()
  return state.plan.stages.flatMap(({ id, dependsOn }): FinishedStage[] => {
    if (state.stages[id]?.phase === 'failed' || dependsOn.some((parent) => short.has(parent))) short.add(id)
    if (short.has(id)) return []
    const ended = state.stages[id]
    const key = state.plan.hashes[id]
    if (ended?.phase !== 'finished' || key === undefined) return []
    const { steps, totalSteps, rows, first, last } = ended
    return [
      {
        // Whoever took it over has neither its charts nor its times.
        run: ended.reusedFrom ?? state.run,
        docId: state.docId,
        key,
        stage: id,
        plan: state.plan,
        steps,
        totalSteps,
        rows,
        first,
        last,
        checkpoints: state.checkpoints.filter((save) => save.stage === id && !save.rolling),
        evaluations: state.evaluations[id] ?? [],
        endedAt: ended.endedAt,
      },
    ]
  })
}

/** @param states of runs on one server, the newest first */
export function unfinishedStages(states: readonly RunState[]): readonly UnfinishedStage[] {
  const seen = new Set<string>()
  return states.flatMap(({ docId, plan, stages }) =>
    plan.stages.flatMap(({ id }): UnfinishedStage[] => {
      const ended = stages[id]
      const key = plan.hashes[id]
      const place = `${docId}\n${id}`
      if (!ended || ended.phase === 'queued' || ended.phase === 'skipped' || seen.has(place)) return []
      seen.add(place)
      if ((ended.phase !== 'failed' && ended.phase !== 'stopped') || key === undefined) return []
      const message = ended.phase === 'failed' ? ended.diagnostic.message : null
      return [{ docId, stage: id, key, phase: ended.phase, steps: ended.steps, message }]
    }),
  )
}

/**
 * @param earlier finished stages, the newest first
 * @param docId the document's, so that a stage is compared with its own past and not with a namesake's
 * @param asked stages that run again whatever is known of them
 * @param unfinished stages that ended early when they ran last
 */
export function decideReuse(
  plan: Plan,
  earlier: readonly FinishedStage[],
  docId: string,
  asked: ReadonlySet<StageId> = new Set(),
  unfinished: readonly UnfinishedStage[] = [],
): readonly ReuseDecision[] {
  const byKey = new Map<string, FinishedStage>()
  for (const stage of earlier) if (!byKey.has(stage.key)) byKey.set(stage.key, stage)
  const own = new Map<StageId, FinishedStage>()
  for (const stage of earlier) if (stage.docId === docId && !own.has(stage.stage)) own.set(stage.stage, stage)
  const reasons = new Map<StageId, readonly RerunReason[]>()
  return plan.stages.map((stage) => {
    const reuse = byKey.get(plan.hashes[stage.id] ?? '') ?? null
    // What is pinned stays what it is, whatever is asked to run.
    if (reuse && (stage.pin !== null || !asked.has(stage.id))) {
      reasons.set(stage.id, [])
      return { stage: stage.id, reuse: relabelled(reuse, stage), reasons: [] }
    }
    const last = unfinished.find((ended) => ended.docId === docId && ended.stage === stage.id)
    const why = asked.has(stage.id)
      ? [reason('asked', stage)]
      : withLast(plan, stage, last, reasonsOf(plan, stage, own.get(stage.id), reasons))
    reasons.set(stage.id, why)
    return { stage: stage.id, reuse: null, reasons: why }
  })
}

/** What is left of earlier runs when everything is to run again: results that stages are pinned to. */
export function onlyPinned(plan: Plan, earlier: readonly FinishedStage[]): readonly FinishedStage[] {
  const pins = new Set(plan.stages.flatMap(({ pin }) => (pin === null ? [] : [pin])))
  return pins.size === 0 ? [] : earlier.filter(({ key }) => pins.has(key))
}

/** Scores are kept by label, and labels are titles: the same policy may be called otherwise by now. */
function relabelled(found: FinishedStage, stage: PipelineConfig): FinishedStage {
  const was = found.plan.stages.find((s) => s.id === found.stage)
  if (stage.mode !== 'evaluate' || was?.mode !== 'evaluate') return found
  const { policies } = stage.evaluation
  const evaluations = found.evaluations.map((result) => {
    const place = placeOfPolicy(was, result.label)
    return { ...result, label: (place === null ? undefined : policies[place]?.label) ?? result.label }
  })
  return { ...found, evaluations }
}

/** That it ended early is the reason where nothing else has changed since, and where it has no result to compare with. */
function withLast(
  plan: Plan,
  stage: PipelineConfig,
  last: UnfinishedStage | undefined,
  why: readonly RerunReason[],
): readonly RerunReason[] {
  if (!last) return why
  const isNew = why.every(({ type }) => type === 'new')
  if (!isNew && last.key !== plan.hashes[stage.id]) return why
  const ended = reason(last.phase, stage, { old: last.steps, new: last.message })
  return isNew ? [ended] : [ended, ...why]
}

export function goneReason(stage: PipelineConfig, path: string): RerunReason {
  return reason('gone', stage, { old: path })
}

function reasonsOf(
  plan: Plan,
  stage: PipelineConfig,
  before: FinishedStage | undefined,
  known: ReadonlyMap<StageId, readonly RerunReason[]>,
): readonly RerunReason[] {
  const was = before?.plan.stages.find((s) => s.id === stage.id)
  if (!before || !was) return [reason('new', stage)]
  const own = changes(was, before.plan, stage, plan)
  // A stage with the same settings runs again because of what it starts from.
  const inherited = stage.dependsOn.flatMap((parent) => known.get(parent) ?? [])
  const all = [...own, ...inherited.filter(({ type }) => !OWN_REASONS.has(type))]
  if (all.length > 0) return unique(all)
  const decided = decisionChanges(was, before.plan, stage, plan)
  return decided.length > 0 ? decided : [reason('changed', stage)]
}

/** What is no reason for the stages behind it: it says nothing of what they start from. */
const OWN_REASONS: ReadonlySet<RerunReason['type']> = new Set(['asked', 'failed', 'stopped'])

/** Values that differ between two versions of a stage, apart from the keys of what it starts from. */
function changes(was: PipelineConfig, before: Plan, is: PipelineConfig, now: Plan): RerunReason[] {
  const old = flattened(stageContent(was, {}, before.fingerprints))
  const fresh = flattened(stageContent(is, {}, now.fingerprints))
  const found: RerunReason[] = []
  for (const path of new Set([...old.keys(), ...fresh.keys()])) {
    const [a, b] = [old.get(path) ?? null, fresh.get(path) ?? null]
    if (a === b) continue
    if (path === 'loopVersion') found.push(reason('loop', is, { path, old: a, new: b }))
    // What is gone from the new version has its place in the old one.
    else {
      const { node, field, port } = placeIn(fresh.has(path) ? is : was, path.split('.'))
      found.push({ type: 'changed', stage: is.id, node, field, port, path, old: a, new: b })
    }
  }
  return found
}

/** Gates and choices on the way to a stage have settings of their own. */
function decisionChanges(was: PipelineConfig, before: Plan, is: PipelineConfig, now: Plan): RerunReason[] {
  const behind = (stage: PipelineConfig): readonly string[] => {
    const sources = stage.mode === 'evaluate' ? stage.evaluation.policies.map((p) => p.source) : [stage.start]
    const chosen = sources.flatMap((source) => (source.from === 'decision' ? [source.decision] : []))
    return [...stage.conditions.map((c) => c.decision), ...chosen]
  }
  const found: RerunReason[] = []
  for (const id of new Set([...behind(was), ...behind(is)])) {
    const old = before.decisions.find((d) => d.id === id)
    const fresh = now.decisions.find((d) => d.id === id)
    if (!old || !fresh) continue
    const [a, b] = [flattened(old), flattened(fresh)]
    for (const path of new Set([...a.keys(), ...b.keys()])) {
      if (NAMES.test(path) || a.get(path) === b.get(path)) continue
      const label = path === 'policy' || path === 'against'
      if (label && placeOf(old, before, a.get(path)) === placeOf(fresh, now, b.get(path))) continue
      const place = placeIn(fresh, path.split('.'))
      found.push({ type: 'changed', stage: is.id, ...place, path, old: a.get(path) ?? null, new: b.get(path) ?? null })
    }
  }
  return found
}

/** How decisions and what they choose from are called says nothing of what they do. */
const NAMES = /^title$|^candidates\.\d+\.label$/

function placeOf({ evaluation }: Decision, plan: Plan, label: Scalar | null | undefined): number | null {
  const measured = plan.stages.find((stage) => stage.id === evaluation)
  return measured?.mode === 'evaluate' && typeof label === 'string' ? placeOfPolicy(measured, label) : null
}

function flattened(content: unknown): ReadonlyMap<string, Scalar | null> {
  return new Map(leafPaths(content).map((path) => [path, at(content, path)] as const))
}

function at(content: unknown, path: string): Scalar | null {
  let value: unknown = content
  for (const key of path === '' ? [] : path.split('.')) value = (value as Record<string, unknown>)[key]
  // An empty list or record stands for itself in writing, so that two of them are equal.
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as Scalar | null)
}

function reason(
  type: RerunReason['type'],
  { id, node }: PipelineConfig,
  of: Partial<Pick<RerunReason, 'path' | 'old' | 'new'>> = {},
): RerunReason {
  return { type, stage: id, node, field: null, port: null, path: null, old: null, new: null, ...of }
}

function unique(reasons: readonly RerunReason[]): readonly RerunReason[] {
  const byText = new Map(reasons.map((r) => [JSON.stringify([r.type, r.stage, r.path, r.node]), r]))
  return [...byText.values()]
}
