/** Training runs and checkpoints as the REST routes show and change them. */
import { checkpointTypeOf, formatCheckpointId } from '../../tinker/wire/checkpointPath.ts'
import { pathOf } from './weights.ts'
import { checkTtl } from './weights.ts'
import { demand, Refusal } from './refusal.ts'
import type { CheckpointsResponse, Cursor, TrainingRunRecord } from '../../tinker/wire/listingResponses.ts'
import type { CheckpointRecord as WireCheckpoint, TrainingRunsResponse } from '../../tinker/wire/listingResponses.ts'
import type { CheckpointRecord, RunRecord } from '../storage/records.ts'
import type { ServiceContext } from './context.ts'
import type { Models } from './models.ts'
import type { Weights } from './weights.ts'

export type Page = { readonly limit: number; readonly offset: number }

export class Listings {
  readonly #context: ServiceContext
  readonly #models: Models
  readonly #weights: Weights

  constructor(context: ServiceContext, models: Models, weights: Weights) {
    this.#context = context
    this.#models = models
    this.#weights = weights
  }

  async runs(page: Page, projectId: string | null): Promise<TrainingRunsResponse> {
    const all = (await this.#context.store.listRuns()).filter((r) => projectId === null || r.project_id === projectId)
    const checkpoints = await this.#context.store.list()
    const shown = all.slice(page.offset, page.offset + page.limit)
    return { training_runs: shown.map((run) => this.#wireRun(run, checkpoints)), cursor: cursorOf(page, all.length) }
  }

  async run(id: string): Promise<TrainingRunRecord> {
    const run = await this.#find(id)
    return this.#wireRun(run, await this.#context.store.list(id))
  }

  async #find(id: string): Promise<RunRecord> {
    const run = this.#models.liveRun(id) ?? (await this.#context.store.getRun(id))
    if (run === null) throw new Refusal(`there is no training run ${JSON.stringify(id.slice(0, 120))}`, 404)
    return run
  }

  #wireRun(stored: RunRecord, checkpoints: readonly CheckpointRecord[]): TrainingRunRecord {
    const run = this.#models.liveRun(stored.id) ?? stored
    const last = (type: string): WireCheckpoint | undefined => {
      const found = checkpoints.find((c) => c.run_id === run.id && c.type === type)
      return found && wireCheckpoint(found)
    }
    return {
      training_run_id: run.id,
      base_model: run.base_model,
      model_owner: run.owner,
      is_lora: true,
      lora_rank: run.rank,
      corrupted: false,
      last_request_time: iso(run.last_request_at),
      last_checkpoint: last('training'),
      last_sampler_checkpoint: last('sampler'),
      user_metadata: run.user_metadata ?? {},
    }
  }

  async checkpointsOf(runId: string): Promise<CheckpointsResponse> {
    await this.#find(runId)
    const found = await this.#context.store.list(runId)
    return { checkpoints: found.map(wireCheckpoint) }
  }

  async checkpoints(page: Page): Promise<CheckpointsResponse> {
    const all = await this.#context.store.list()
    return {
      checkpoints: all.slice(page.offset, page.offset + page.limit).map(wireCheckpoint),
      cursor: cursorOf(page, all.length),
    }
  }

  /** `checkpointId` is `weights/name` or `sampler_weights/name`. @throws Refusal 400 or 404. */
  async checkpoint(runId: string, checkpointId: string): Promise<CheckpointRecord> {
    const [kind, name, ...rest] = checkpointId.split('/')
    const type = checkpointTypeOf(kind)
    if (type === null || !name || rest.length > 0)
      throw new Refusal(
        `a checkpoint id is weights/NAME or sampler_weights/NAME, not ${JSON.stringify(checkpointId.slice(0, 120))}`,
      )
    const found = await this.#context.store.get(runId, type, name)
    if (found === null)
      throw new Refusal(`the run ${runId.slice(0, 120)} has no checkpoint ${checkpointId.slice(0, 300)}`, 404)
    return found
  }

  async remove(runId: string, checkpointId: string): Promise<void> {
    const found = await this.checkpoint(runId, checkpointId)
    await this.#context.store.remove(found)
    this.#weights.note('deleted', found)
  }

  async publish(runId: string, checkpointId: string, wanted: boolean): Promise<void> {
    const found = await this.checkpoint(runId, checkpointId)
    demand(found.public !== wanted, `${pathOf(found)} is already ${wanted ? 'public' : 'private'}`, 409)
    await this.#context.store.update({ ...found, public: wanted })
  }

  async setTtl(runId: string, checkpointId: string, seconds: number | null): Promise<void> {
    const found = await this.checkpoint(runId, checkpointId)
    const ttl = checkTtl(seconds)
    await this.#context.store.update({
      ...found,
      expires_at: ttl === null ? null : this.#context.clock.now() + ttl * 1000,
    })
  }
}

export function wireCheckpoint(checkpoint: CheckpointRecord): WireCheckpoint {
  return {
    checkpoint_id: formatCheckpointId(checkpoint.type, checkpoint.name),
    checkpoint_type: checkpoint.type,
    time: iso(checkpoint.created_at),
    tinker_path: pathOf(checkpoint),
    size_bytes: checkpoint.size_bytes,
    public: checkpoint.public,
    ...(checkpoint.user_metadata === undefined ? {} : { user_metadata: checkpoint.user_metadata }),
    ...(checkpoint.expires_at === null ? {} : { expires_at: iso(checkpoint.expires_at) }),
  }
}

function cursorOf({ offset, limit }: Page, total: number): Cursor {
  return { offset, limit, total_count: total }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
