/** Carries out a plan: stage by stage, from the beginning or from where a log left off. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { StageId } from '../base/ids.ts'
import { err } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { loadTokenizer } from '../tokenizers/loadTokenizer.ts'
import { createRenderer } from '../data/renderers/registry.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { PipelineConfig, Plan } from '../ir/pipelineConfig.ts'
import { decide, settleStage } from '../ir/decide.ts'
import type { Outcomes } from '../ir/decide.ts'
import type { FinishedStage, ReuseDecision } from '../ir/reuse.ts'
import type { EvaluationResult } from '../ir/runEvent.ts'
import type { RunState } from '../ir/runState.ts'
import { diagnosticOf, failureOf } from '../tinker/index.ts'
import { checkpointBook } from './checkpointBook.ts'
import type { CheckpointBook } from './checkpointBook.ts'
import { diagnoseTraining } from './codes.ts'
import { BudgetReached, createFuse, withSpent } from './fuse.ts'
import { runEvaluation } from './evaluation.ts'
import { planReuse } from './reusePlan.ts'
import { runReinforcement } from './reinforcement.ts'
import type { RunContext } from './runContext.ts'
import { DEFAULT_RUN_OPTIONS, log } from './stageHost.ts'
import type { RunOptions, StageHost, StageOutcome } from './stageHost.ts'
import { readyStages } from './stageOrder.ts'
import { runSupervised } from './supervised.ts'

/** A server that keeps forgetting is broken. */
const MOST_REVIVALS = 3

export type RunEnd = 'finished' | 'failed' | 'stopped'

/**
 * Every outcome is an event; rejects only when `host.emit` does. The host has written `runStarted` (or `runResumed`) before. A failed stage ends
 * what depends on it; other stages still run, then the run fails with the first failure. A trial of a sweep that fails is
 * left out instead: the others are measured, and the run has finished if another trial of the same node has. What an
 * earlier run has left is taken instead of made again, and stages behind a closed gate are skipped.
 * @param resume state of the run by its log: finished stages are not repeated, others go on from their last saved state
 */
export async function runPlan(
  plan: Plan,
  host: RunContext,
  resume?: RunState,
  options: Partial<RunOptions> = {},
): Promise<RunEnd> {
  const tuning = { ...DEFAULT_RUN_OPTIONS, ...options }
  const fuse = createFuse(tuning.budget, tuning.prices, host.now, resume?.spent)
  const ctx = withSpent(host, fuse)
  const book = checkpointBook(ctx, resume?.checkpoints ?? [])
  const renderer = rendererSource(ctx)
  const phase = (stage: StageId): string => resume?.stages[stage]?.phase ?? 'queued'
  const inPhase = (wanted: string): Set<StageId> =>
    new Set(plan.stages.map((stage) => stage.id).filter((id) => phase(id) === wanted))
  const finished = inPhase('finished')
  const skipped = inPhase('skipped')
  const failed = new Set<StageId>()
  const results: { [stage: string]: readonly EvaluationResult[] } = { ...resume?.evaluations }
  let failure: Diagnostic | null = null
  const lostTrials: { readonly stage: PipelineConfig; readonly diagnostic: Diagnostic }[] = []

  async function fail(stage: PipelineConfig, steps: number, diagnostic: Diagnostic): Promise<void> {
    const { id } = stage
    await ctx.emit({ type: 'stageFailed', stage: id, steps, diagnostic })
    failed.add(id)
    if (stage.mode === 'evaluate' || !Object.hasOwn(plan.variants, id)) {
      failure ??= diagnostic
      return
    }
    // What is behind it is skipped, and evaluations of several trials do without it.
    skipped.add(id)
    lostTrials.push({ stage, diagnostic })
    const message = `“${stage.title}” failed and is left out; the other trials go on.`
    await ctx.emit({ type: 'log', stage: id, level: 'warning', message })
  }

  let reuse: ReadonlyMap<StageId, ReuseDecision>
  let outcomes: Outcomes
  try {
    ctx.signal.throwIfAborted()
    reuse = await knownResults(plan, ctx)
    outcomes = await takeDecisions(plan, ctx, resume?.decisions ?? {}, results, { finished, skipped })
  } catch (error) {
    return endBeforeStages(ctx, error)
  }

  for (;;) {
    const [stage] = readyStages(plan.stages, new Set([...finished, ...skipped]), failed)
    if (!stage) break
    const settled = settleStage(stage, plan.decisions, outcomes, skipped)
    const known = reuse.get(stage.id)?.reuse ?? null
    let steps = 0
    if (settled.skip !== null) {
      await ctx.emit({ type: 'stageSkipped', stage: stage.id, reason: settled.skip })
      skipped.add(stage.id)
    } else if (known && phase(stage.id) === 'queued') {
      await reuseStage(ctx, book, stage.id, known)
      if (known.evaluations.length > 0) results[stage.id] = known.evaluations
      finished.add(stage.id)
    } else if (stage.pin !== null && phase(stage.id) === 'queued') {
      const message = `“${stage.title}” is pinned to a result that is no longer there; unpin it to run it again.`
      await fail(stage, 0, diagnoseTraining('TR5011', { on: 'stage', stage: stage.id }, message))
    } else {
      const onSteps = (count: number): number => (steps = count)
      const resumed = phase(stage.id) !== 'queued'
      const stageHost: StageHost = {
        ctx: watched(ctx, results),
        book,
        options: tuning,
        fuse,
        resumed,
        onSteps,
        renderer,
      }
      const done = (resume?.evaluations[stage.id] ?? []).map((result) => result.label)
      const outcome = await runStage(stageHost, settled.stage, done)
      if (outcome === 'stopped' || 'blown' in outcome) {
        await ctx.emit({ type: 'stageStopped', stage: stage.id, steps })
        await ctx.emit({ type: 'runStopped', ...(outcome === 'stopped' ? {} : { diagnostic: outcome.blown }) })
        return 'stopped'
      }
      if (outcome.ok) {
        await ctx.emit({ type: 'stageFinished', stage: stage.id, ...outcome.value })
        finished.add(stage.id)
      } else await fail(stage, steps, outcome.error)
    }
    outcomes = await takeDecisions(plan, ctx, outcomes, results, { finished, skipped })
  }
  const noneLeft = lostTrials.find((lost) => !plan.stages.some((s) => s.node === lost.stage.node && finished.has(s.id)))
  failure ??= noneLeft?.diagnostic ?? null
  if (failure === null) {
    await ctx.emit({ type: 'runFinished' })
    return 'finished'
  }
  await ctx.emit({ type: 'runFailed', diagnostic: failure })
  return 'failed'
}

async function knownResults(plan: Plan, ctx: RunContext): Promise<ReadonlyMap<StageId, ReuseDecision>> {
  if (!ctx.earlier) return new Map()
  const reuse = await planReuse(plan, ctx, await ctx.earlier())
  const stages = [...reuse.values()].map((d) => ({ stage: d.stage, from: d.reuse?.run ?? null, reasons: d.reasons }))
  // That stages run for the first time need not be told.
  const worthTelling = stages.some(({ from, reasons }) => from !== null || reasons.some((r) => r.type !== 'new'))
  if (worthTelling) await ctx.emit({ type: 'reusePlanned', stages })
  return reuse
}

/** The server could not be asked what it still has; nothing has begun. */
async function endBeforeStages(ctx: RunContext, error: unknown): Promise<RunEnd> {
  if (ctx.signal.aborted) {
    await ctx.emit({ type: 'runStopped' })
    return 'stopped'
  }
  const failure = failureOf(error)
  if (!failure) throw error
  await ctx.emit({ type: 'runFailed', diagnostic: diagnosticOf(failure) })
  return 'failed'
}

/** Takes every decision whose evaluation has ended, in the plan's order, and tells each once. */
async function takeDecisions(
  { decisions }: Plan,
  ctx: RunContext,
  known: Outcomes,
  results: { readonly [stage: string]: readonly EvaluationResult[] },
  { finished, skipped }: { readonly finished: ReadonlySet<StageId>; readonly skipped: ReadonlySet<StageId> },
): Promise<Outcomes> {
  let outcomes = known
  for (const decision of decisions) {
    const { id, evaluation } = decision
    if (Object.hasOwn(outcomes, id) || !(finished.has(evaluation) || skipped.has(evaluation))) continue
    const decided = decide(decision, finished.has(evaluation) ? (results[evaluation] ?? []) : undefined, outcomes)
    await ctx.emit({ type: 'decided', decision: id, ...decided })
    outcomes = { ...outcomes, [id]: decided }
  }
  return outcomes
}

async function reuseStage(
  ctx: RunContext,
  book: CheckpointBook,
  stage: StageId,
  { run: from, steps, totalSteps, rows, first, last, ...left }: FinishedStage,
): Promise<void> {
  // In this plan the stage may have another name than in the run that made it.
  const checkpoints = left.checkpoints.map((save) => ({ ...save, stage }))
  const { evaluations } = left
  const result = { steps, totalSteps, rows, first, last, checkpoints, evaluations }
  await ctx.emit({ type: 'stageReused', stage, from, ...result })
  book.adopt(checkpoints)
}

/** Scores decide what runs next, so they are kept as they are told. */
function watched(ctx: RunContext, results: { [stage: string]: readonly EvaluationResult[] }): RunContext {
  return {
    ...ctx,
    async emit(event) {
      await ctx.emit(event)
      if (event.type !== 'evaluated') return
      const others = (results[event.stage] ?? []).filter((result) => result.label !== event.result.label)
      results[event.stage] = [...others, event.result]
    },
  }
}

async function runStage(
  host: StageHost,
  stage: PipelineConfig,
  done: readonly string[],
): Promise<Result<StageOutcome, Diagnostic> | 'stopped' | { readonly blown: Diagnostic }> {
  let { resumed } = host
  let revivals = 0
  try {
    for (;;) {
      try {
        host.ctx.signal.throwIfAborted()
        if (stage.mode === 'sft') return await runSupervised({ ...host, resumed }, stage)
        if (stage.mode === 'rl') return await runReinforcement({ ...host, resumed }, stage)
        return await runEvaluation({ ...host, resumed }, stage, done)
      } catch (error) {
        // The server forgot the model or the session, as after a restart: the last saved state brings it back.
        const failure = failureOf(error)
        const revivable = failure?.kind === 'expired' && host.book.states(stage.id).length > 0
        if (!revivable || ++revivals > MOST_REVIVALS) throw error
        await log(
          host,
          stage.id,
          'warning',
          `The server lost its place (${failure.message}); going on from the last save.`,
        )
        resumed = true
      }
    }
  } catch (error) {
    if (host.ctx.signal.aborted) return 'stopped'
    if (error instanceof BudgetReached) return { blown: error.diagnostic }
    const at = { on: 'stage', stage: stage.id } as const
    const failure = failureOf(error)
    if (failure) return err(diagnosticOf(failure, at))
    const message = error instanceof Error ? error.message : String(error)
    return err(diagnoseTraining('TR5008', at, `"${stage.title}" ended by an error of Tunegraph itself: ${message}`))
  }
}

function rendererSource(ctx: RunContext): StageHost['renderer'] {
  const tokenizers = new Map<string, Promise<Result<Tokenizer, Diagnostic>>>()
  return async (model, name) => {
    let loading = tokenizers.get(model)
    if (!loading) tokenizers.set(model, (loading = ctx.tokenizerFiles(model).then(loadTokenizer)))
    const tokenizer = await loading
    return tokenizer.ok ? createRenderer(name, tokenizer.value) : tokenizer
  }
}
