/** Carries out a plan: stage by stage, from the beginning or from where a log left off. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { StageId } from '../base/ids.ts'
import { err } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { loadTokenizer } from '../tokenizers/loadTokenizer.ts'
import { createRenderer } from '../data/renderers/registry.ts'
import type { Tokenizer } from '../tokenizers/tokenizer.ts'
import type { PipelineConfig, Plan } from '../ir/pipelineConfig.ts'
import type { RunState } from '../ir/runState.ts'
import { diagnosticOf, failureOf } from '../tinker/index.ts'
import { checkpointBook } from './checkpointBook.ts'
import { diagnoseTraining } from './codes.ts'
import { runEvaluation } from './evaluation.ts'
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
 * Every outcome is an event; rejects only when `ctx.emit` does. The host has written `runStarted` (or `runResumed`) before. A failed stage ends
 * what depends on it; other stages still run, then the run fails with the first failure.
 * @param resume state of the run by its log: finished stages are not repeated, others go on from their last saved state
 */
export async function runPlan(
  plan: Plan,
  ctx: RunContext,
  resume?: RunState,
  options: RunOptions = DEFAULT_RUN_OPTIONS,
): Promise<RunEnd> {
  const book = checkpointBook(ctx, resume?.checkpoints ?? [])
  const renderer = rendererSource(ctx)
  const phase = (stage: StageId): string => resume?.stages[stage]?.phase ?? 'queued'
  const finished = new Set(plan.stages.map((stage) => stage.id).filter((id) => phase(id) === 'finished'))
  const failed = new Set<StageId>()
  let failure: Diagnostic | null = null

  for (;;) {
    const [stage] = readyStages(plan.stages, finished, failed)
    if (!stage) break
    let steps = 0
    const onSteps = (count: number): number => (steps = count)
    const host: StageHost = { ctx, book, options, resumed: phase(stage.id) !== 'queued', onSteps, renderer }
    const done = (resume?.evaluations[stage.id] ?? []).map((result) => result.label)
    const outcome = await runStage(host, stage, done)
    if (outcome === 'stopped') {
      await ctx.emit({ type: 'stageStopped', stage: stage.id, steps })
      await ctx.emit({ type: 'runStopped' })
      return 'stopped'
    }
    if (outcome.ok) {
      await ctx.emit({ type: 'stageFinished', stage: stage.id, ...outcome.value })
      finished.add(stage.id)
    } else {
      await ctx.emit({ type: 'stageFailed', stage: stage.id, steps, diagnostic: outcome.error })
      failed.add(stage.id)
      failure ??= outcome.error
    }
  }
  if (failure === null) {
    await ctx.emit({ type: 'runFinished' })
    return 'finished'
  }
  await ctx.emit({ type: 'runFailed', diagnostic: failure })
  return 'failed'
}

async function runStage(
  host: StageHost,
  stage: PipelineConfig,
  done: readonly string[],
): Promise<Result<StageOutcome, Diagnostic> | 'stopped'> {
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
