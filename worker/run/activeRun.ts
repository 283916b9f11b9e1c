/** One run under way: the training loops between a journal and a backend, with pause, continue and stop. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { RunId } from '#src/base/ids.ts'
import type { Result } from '#src/base/result.ts'
import type { Example } from '#src/data/example.ts'
import { selectExamples } from '#src/data/selectExamples.ts'
import type { DatasetSpec } from '#src/ir/dataset.ts'
import { lineageOf } from '#src/ir/lineage.ts'
import type { Plan } from '#src/ir/pipelineConfig.ts'
import type { RunState } from '#src/ir/runState.ts'
import { TinkerError } from '#src/tinker/index.ts'
import type { Notice, QueueEvent, ServiceClient, ServiceConfig } from '#src/tinker/index.ts'
import { createPauseWatch } from '#src/training/pauseWatch.ts'
import type { Earlier } from '#src/training/reusePlan.ts'
import type { RunContext } from '#src/training/runContext.ts'
import { runPlan } from '#src/training/runPlan.ts'
import type { RunLimits } from '../protocol.ts'
import type { Journal } from './journal.ts'
import { RunOvertaken } from './journal.ts'
import { createPauseGate } from './pauseGate.ts'
import type { Rows } from './rows.ts'
import type { TokenizerFiles } from './tokenizers.ts'

export type ActiveRun = {
  pause(): void
  continue(): Promise<void>
  /** At once; `done` resolves when everything is written. */
  stop(): void
  /** It has been stopped or is writing its last events. */
  ending(): boolean
  /** Null, or what cut the run off without an event in its log. */
  readonly done: Promise<Diagnostic | null>
}

export type ActiveRunDeps = {
  readonly run: RunId
  readonly plan: Plan
  /** State by the log when the run goes on; absent for a new one. */
  readonly resume?: RunState
  readonly limits?: RunLimits
  readonly journal: Journal
  readonly rows: Rows
  readonly assets: { readonly [asset: string]: string }
  readonly now: () => number
  /** What earlier runs on the same server left. */
  earlier(): Promise<Earlier>
  open(config: Partial<ServiceConfig>): Result<ServiceClient, Diagnostic>
  tokenizerFiles(model: string): Promise<Result<TokenizerFiles, Diagnostic>>
}

export function startActiveRun(deps: ActiveRunDeps): Result<ActiveRun, Diagnostic> {
  const { journal, run, plan, resume, now } = deps
  const controller = new AbortController()
  const { signal } = controller
  const gate = createPauseGate(journal, signal)
  const pauses = createPauseWatch((diagnostic) => void emit(() => heldBack(journal, diagnostic)))
  const service = deps.open({
    signal,
    userMetadata: lineageOf(plan, run),
    onQueueState: (event) => {
      pauses.queue(event.state, event.reason)
      void emit(() => queueChanged(journal, event))
    },
    onNotice: (notice) => void emit(() => noticed(journal, notice)),
  })
  if (!service.ok) return service
  const client = service.value

  /** For events beside the loops, which nobody awaits: what happens to them happens to the next awaited one, too. */
  function emit(write: () => Promise<void>): Promise<void> {
    return write().catch(() => undefined)
  }

  const context: RunContext = {
    run,
    service: client,
    examples: (spec) => examplesOf(deps, spec),
    async tokenizerFiles(model) {
      const files = await deps.tokenizerFiles(model)
      if (files.ok) return files.value
      throw new TinkerError({ kind: 'notFound', message: files.error.message })
    },
    emit: journal.emit,
    metrics(batch) {
      pauses.moved()
      journal.metrics(batch)
    },
    rollouts: journal.rollouts,
    signal,
    boundary: gate.boundary,
    earlier: deps.earlier,
    now,
  }

  async function carryOut(): Promise<Diagnostic | null> {
    try {
      await runPlan(plan, context, resume, deps.limits)
      controller.abort()
      await journal.close()
      return null
    } catch (error) {
      if (error instanceof RunOvertaken) return error.diagnostic
      throw error
    } finally {
      pauses.moved()
      controller.abort()
      await client.close()
    }
  }

  return {
    ok: true,
    value: {
      pause: gate.pause,
      continue: gate.continue,
      stop: () => controller.abort(),
      ending: () => signal.aborted,
      done: carryOut(),
    },
  }
}

async function examplesOf({ rows, assets }: ActiveRunDeps, spec: DatasetSpec): Promise<readonly Example[]> {
  const { source, mapping } = spec
  const text = source.type === 'asset' ? (assets[source.asset] ?? null) : null
  const read = await rows.read({ source, mapping }, text)
  // Looked at before the run began, so only a bug or a vanished server can bring it here.
  if (!read.ok) throw new Error(read.error.message)
  return selectExamples(read.value.examples, spec)
}

/** The log says when waiting began and ended, not every poll in between. */
async function queueChanged(journal: Journal, { state, reason }: QueueEvent): Promise<void> {
  const known = state === 'paused_capacity' || state === 'paused_rate_limit' || state === 'active' ? state : 'waiting'
  const before = journal.state()?.queue?.state ?? 'active'
  if (before === known) return
  await journal.emit({ type: 'queueState', stage: runningStage(journal), state: known, reason })
}

async function heldBack(journal: Journal, diagnostic: Diagnostic): Promise<void> {
  const { message } = diagnostic
  await journal.emit({ type: 'log', stage: runningStage(journal), level: 'warning', message, diagnostic })
}

async function noticed(journal: Journal, { level, text }: Notice): Promise<void> {
  await journal.emit({ type: 'log', stage: runningStage(journal), level, message: text })
}

function runningStage(journal: Journal): Plan['stages'][number]['id'] | null {
  const state = journal.state()
  return state?.plan.stages.find((stage) => state.stages[stage.id]?.phase === 'running')?.id ?? null
}
