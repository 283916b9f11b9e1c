/** Opens the weights that a stage trains or looks at: a fresh adapter, another stage's checkpoint, or the stage's own last save. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { ModelSpec, PolicySource, TrainStage } from '../ir/pipelineConfig.ts'
import type { StageSoFar } from '../ir/runEvent.ts'
import { failureOf } from '../tinker/index.ts'
import type { Failure, SamplingClient, TrainingClient } from '../tinker/index.ts'
import { diagnoseTraining } from './codes.ts'
import { handOver } from './handOver.ts'
import { FINAL } from './saver.ts'
import { log } from './stageHost.ts'
import type { StageHost } from './stageHost.ts'

export type OpenedTrainer = {
  readonly client: TrainingClient
  /** Updates that the weights already hold. */
  readonly step: number
  readonly soFar: StageSoFar
}

const NOTHING: StageSoFar = { first: null, last: null, optimizerSteps: 0 }

export async function openTrainer(host: StageHost, stage: TrainStage): Promise<Result<OpenedTrainer, Diagnostic>> {
  const resumed = await goOn(host, stage)
  if (resumed) return ok(resumed)
  const client = await startFresh(host, stage)
  return client.ok ? ok({ client: client.value, step: 0, soFar: NOTHING }) : client
}

/** From the furthest save that the server still has; null when there is none and the stage starts again. */
async function goOn({ ctx, ...host }: StageHost, stage: TrainStage): Promise<OpenedTrainer | null> {
  for (const save of host.book.states(stage.id)) {
    try {
      const client = await ctx.service.createTrainingClientFromState(save.statePath, {
        withOptimizer: true,
        ...shapeOf(stage.model),
        signal: ctx.signal,
      })
      return { client, step: save.step, soFar: save.soFar ?? NOTHING }
    } catch (error) {
      const failure = failureOf(error)
      if (!failure || !isGone(failure)) throw error
      const message = `The save of step ${save.step} cannot be loaded any more (${failure.message}); going on from before it.`
      await log({ ctx }, stage.id, 'warning', message)
      await host.book.remove(save)
    }
  }
  return null
}

/** The server answered, and trying again would not help. */
function isGone(failure: Failure): boolean {
  if (failure.kind === 'failed') return failure.category === 'user'
  return failure.kind === 'notFound' || failure.kind === 'expired' || failure.kind === 'rejected'
}

async function startFresh(
  { ctx, book }: StageHost,
  { model, start, id }: TrainStage,
): Promise<Result<TrainingClient, Diagnostic>> {
  const { signal } = ctx
  if (start.from === 'base') {
    const { trainAttn, trainMlp, trainUnembed } = model
    const layers = { trainAttn, trainMlp, trainUnembed }
    return ok(await ctx.service.createLoraTrainingClient({ ...shapeOf(model), ...layers, signal }))
  }
  const at = { on: 'stage', stage: id } as const
  const save = book.find(start)
  if (!save) return err(missing(start, at))
  const from = handOver(save, start.load, at)
  if (!from.ok) return from
  const options = { withOptimizer: from.value.load === 'weights-and-optimizer', ...shapeOf(model), signal }
  return ok(await ctx.service.createTrainingClientFromState(from.value.statePath, options))
}

/** A client of the weights that a policy stands for, untrained or as saved. */
export async function openSampler(
  { ctx, book }: Pick<StageHost, 'ctx' | 'book'>,
  model: ModelSpec,
  source: PolicySource,
  at: Diagnostic['at'],
): Promise<Result<SamplingClient, Diagnostic>> {
  const { signal } = ctx
  if (source.from === 'base') return ok(await ctx.service.createSamplingClient({ baseModel: model.name, signal }))
  const modelPath = book.find(source)?.samplerPath
  if (modelPath === undefined || modelPath === null) return err(missing(source, at))
  return ok(await ctx.service.createSamplingClient({ modelPath, baseModel: model.name, signal }))
}

function missing(source: PolicySource, at: Diagnostic['at']): Diagnostic {
  const checkpoint = source.from === 'stage' ? source.checkpoint : FINAL
  return diagnoseTraining('TR5004', at, `The checkpoint "${checkpoint}" that this starts from was not saved.`)
}

function shapeOf({ name, loraRank, seed }: ModelSpec): { baseModel: string; rank: number; seed: number } {
  return { baseModel: name, rank: loraRank, seed }
}
