/**
 * Saves of one training stage. They are submitted in the order of updates, so that a save holds exactly the updates before
 * it without waiting for them, and put on record with that count only when the updates and the save itself are confirmed.
 */
import type { CheckpointSpec, TrainStage } from '../ir/pipelineConfig.ts'
import type { SavedCheckpoint, StageSoFar } from '../ir/runEvent.ts'
import { failureOf } from '../tinker/index.ts'
import type { ApiFuture, SavedPath, TrainingClient } from '../tinker/index.ts'
import { settle } from './settle.ts'
import { log } from './stageHost.ts'
import type { StageHost } from './stageHost.ts'

/** A save on its way; `record` waits for it and makes it durable. */
export type PendingSave = { record(soFar: StageSoFar): Promise<void> }

export type Saver = {
  /** Call right after the updates that bring the weights from `before` to `step` were submitted. */
  submitDue(before: number, step: number): readonly PendingSave[]
  /** Saves the state after `step` updates now, to go on from there later. */
  submitResume(step: number): PendingSave
  /** Saves under every name that later stages may start from. */
  submitFinal(step: number): readonly PendingSave[]
  /** Removes the save that only served resuming. */
  discardRolling(): Promise<void>
}

/** What every trainer's own last save is called. */
export const FINAL = 'final'
const ROLLING_TTL_SECONDS = 7 * 24 * 3600

export function createSaver(host: StageHost, stage: TrainStage, client: TrainingClient, totalSteps: number): Saver {
  const { ctx, book, options } = host
  const taken = new Set<string>()
  let rollingAt = ctx.now()
  let rollingTookMs = 0

  function submitDue(before: number, step: number): readonly PendingSave[] {
    if (step >= totalSteps) return []
    const due = stage.checkpointing.filter(
      ({ every }) => every > 0 && Math.floor(step / every) > Math.floor(before / every),
    )
    const saves = due.map((spec) => submit(spec, numbered(spec.name, step), step))
    const wait = Math.max(options.rollingSaveMs, rollingTookMs / options.rollingSaveShare)
    if (ctx.now() - rollingAt >= wait) saves.push(submitRolling(step))
    return saves
  }

  function submitFinal(step: number): readonly PendingSave[] {
    const own: CheckpointSpec = { node: null, name: FINAL, every: 0, ttlSeconds: null }
    // A stage that was cut off behind its last step may have some of them already.
    const missing = [...stage.checkpointing, own].filter(({ name }) => !book.has(stage.id, name, step))
    return missing.map((spec) => submit(spec, spec.name, step))
  }

  function submit({ ttlSeconds }: CheckpointSpec, name: string, step: number): PendingSave {
    const options_ = ttlSeconds === null ? {} : { ttlSeconds }
    const serverName = unique(name)
    const state = client.saveState(serverName, options_)
    const sampler = client.saveWeightsForSampler(serverName, options_)
    return {
      async record(soFar) {
        const [{ path: statePath }, { path: samplerPath }] = await Promise.all([wait(state), wait(sampler)])
        const expiresAt = ttlSeconds === null ? null : ctx.now() + ttlSeconds * 1000
        const save = { stage: stage.id, name, step, statePath, samplerPath, expiresAt, rolling: false, soFar }
        await book.add(save)
      },
    }
  }

  function submitRolling(step: number): PendingSave {
    rollingAt = ctx.now()
    const name = numbered('resume', step)
    const state = client.saveState(unique(name), { ttlSeconds: ROLLING_TTL_SECONDS })
    return {
      async record(soFar) {
        const { path: statePath } = await wait(state)
        rollingTookMs = ctx.now() - rollingAt
        const before = book.rolling(stage.id)
        const expiresAt = ctx.now() + ROLLING_TTL_SECONDS * 1000
        const save = { stage: stage.id, name, step, statePath, samplerPath: null, expiresAt, rolling: true, soFar }
        await book.add(save)
        if (before) await remove(before)
      },
    }
  }

  /** The older save goes only after the newer one is on record. What the server cannot delete expires by itself. */
  async function remove(save: SavedCheckpoint): Promise<void> {
    try {
      await (await ctx.service.rest()).deleteCheckpoint(save.statePath, ctx.signal)
    } catch (error) {
      const failure = failureOf(error)
      if (!failure || failure.kind === 'aborted') throw error
      if (failure.kind !== 'notFound' && failure.kind !== 'expired') {
        await log(host, stage.id, 'info', `An older save could not be deleted and will expire: ${failure.message}.`)
      }
    }
    await book.remove(save)
  }

  function wait(future: ApiFuture<SavedPath>): Promise<SavedPath> {
    return settle(future, ctx.signal)
  }

  function unique(name: string): string {
    const plain = name.replace(/[^A-Za-z0-9._-]+/g, '-')
    let free = plain
    for (let n = 2; taken.has(free); n++) free = `${plain}-${n}`
    taken.add(free)
    return free
  }

  return {
    submitDue,
    submitResume: submitRolling,
    submitFinal,
    async discardRolling() {
      const save = book.rolling(stage.id)
      if (save) await remove(save)
    },
  }
}

function numbered(name: string, step: number): string {
  return `${name}-${String(step).padStart(6, '0')}`
}
