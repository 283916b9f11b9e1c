/** Which stages of a plan need not run again on this server, and why the others must. */
import type { StageId } from '../base/ids.ts'
import { decideReuse, goneReason } from '../ir/reuse.ts'
import type { FinishedStage, ReuseDecision, UnfinishedStage } from '../ir/reuse.ts'
import type { PipelineConfig, Plan } from '../ir/pipelineConfig.ts'
import type { SavedCheckpoint } from '../ir/runEvent.ts'
import { liveSaves } from './liveSaves.ts'
import type { Listings } from './liveSaves.ts'
import type { RunContext } from './runContext.ts'
import { FINAL } from './saver.ts'

/** What a host knows of earlier runs, and what a person wants to see run whatever is known. */
export type Earlier = {
  /** Finished stages of runs on the same server, the newest first. */
  readonly stages: readonly FinishedStage[]
  readonly docId: string
  readonly asked: ReadonlySet<StageId>
  /** Stages that ended early when they ran last. */
  readonly unfinished?: readonly UnfinishedStage[]
}

/** Asks the server about every save that would be started from; a stage whose save is gone runs again, and says so. */
export async function planReuse(
  plan: Plan,
  ctx: Pick<RunContext, 'service' | 'signal' | 'now'>,
  { stages, docId, asked, unfinished = [] }: Earlier,
  listed?: Listings,
): Promise<ReadonlyMap<StageId, ReuseDecision>> {
  const live = liveSaves(ctx, listed)
  const dead = new Map<FinishedStage, string>()
  for (;;) {
    const known = stages.filter((stage) => !dead.has(stage))
    const decisions = decideReuse(plan, known, docId, asked, unfinished)
    const before = dead.size
    for (const [i, { reuse }] of decisions.entries()) {
      const stage = plan.stages[i]!
      if (!reuse || stage.mode === 'evaluate') continue
      const missing = await missingSave(stage, reuse, live)
      if (missing !== null) dead.set(reuse, missing)
    }
    // Another run may have left the same results, so what is dead is taken away and the rest is looked at again.
    if (dead.size > before) continue
    return new Map(decisions.map((decision, i) => [decision.stage, withGone(plan, plan.stages[i]!, decision, dead)]))
  }
}

function withGone(
  plan: Plan,
  stage: PipelineConfig,
  decision: ReuseDecision,
  dead: ReadonlyMap<FinishedStage, string>,
): ReuseDecision {
  if (decision.reuse) return decision
  const key = plan.hashes[stage.id]
  const gone = [...dead].find(([finished]) => finished.key === key)
  return gone ? { ...decision, reasons: [goneReason(stage, gone[1])] } : decision
}

/** Every save that the stage promises must live under its name; the path that does not, or a sentence for one never made. */
async function missingSave(
  stage: Exclude<PipelineConfig, { mode: 'evaluate' }>,
  { checkpoints }: FinishedStage,
  live: ReturnType<typeof liveSaves>,
): Promise<string | null> {
  const wanted: SavedCheckpoint[] = []
  for (const name of [FINAL, ...(stage.pin === null ? stage.checkpointing.map((save) => save.name) : [])]) {
    const save = checkpoints.findLast((c) => c.name === name)
    if (!save) return name
    wanted.push(save)
  }
  return live.gone(wanted)
}
