/** What the scheduler gives every stage, and how a stage ends. */
import type { Diagnostic } from '../base/diagnostic.ts'
import type { StageId } from '../base/ids.ts'
import type { Result } from '../base/result.ts'
import type { Renderer } from '../data/renderers/renderer.ts'
import { PRICES } from '../ir/prices.ts'
import type { PriceTable } from '../ir/prices.ts'
import type { CheckpointBook } from './checkpointBook.ts'
import { NO_BUDGET } from './fuse.ts'
import type { Budget, Fuse } from './fuse.ts'
import type { RunContext } from './runContext.ts'

export type RunOptions = {
  /**
   * Least time between saves that only serve resuming, and largest share of the time that they may take, so that a slow
   * server saves less often. Saving changes no number of the run, so wall-clock time may decide it.
   */
  readonly rollingSaveMs: number
  readonly rollingSaveShare: number
  /** What the run may cost at most; it stops at a step boundary after saving its state. */
  readonly budget: Budget
  readonly prices: PriceTable
}

export const DEFAULT_RUN_OPTIONS: RunOptions = {
  rollingSaveMs: 5000,
  rollingSaveShare: 0.1,
  budget: NO_BUDGET,
  prices: PRICES,
}

export type StageHost = {
  readonly ctx: RunContext
  readonly book: CheckpointBook
  readonly options: RunOptions
  readonly fuse: Fuse
  /** The log already knows the stage: it goes on instead of starting. */
  readonly resumed: boolean
  /** Tells how far the stage has come, for the event that ends it early. */
  onSteps(steps: number): void
  /** By model and renderer name; tokenizers are read once per run. */
  renderer(model: string, name: string): Promise<Result<Renderer, Diagnostic>>
}

export type StageOutcome = {
  /** Optimizer steps taken; for an evaluation, policies scored. */
  readonly steps: number
  readonly first: number | null
  readonly last: number | null
}

/** Tells what a watch has noticed; what ends the stage comes back. */
export async function sound(
  { ctx }: Pick<StageHost, 'ctx'>,
  stage: StageId,
  noticed: readonly Diagnostic[],
): Promise<Diagnostic | null> {
  for (const diagnostic of noticed) {
    if (diagnostic.severity === 'error') return diagnostic
    await ctx.emit({ type: 'log', stage, level: 'warning', message: diagnostic.message, diagnostic })
  }
  return null
}

export async function log(
  { ctx }: Pick<StageHost, 'ctx'>,
  stage: StageId,
  level: 'info' | 'warning',
  message: string,
): Promise<void> {
  await ctx.emit({ type: 'log', stage, level, message })
}
