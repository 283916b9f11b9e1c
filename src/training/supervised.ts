/** The supervised loop. One step is always in the server's queue ahead of the one awaited, so the server never idles. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { TrainingSequence } from '../data/trainingSequence.ts'
import { NOTHING_SPENT } from '../ir/cost.ts'
import type { Spent } from '../ir/cost.ts'
import type { SftStage } from '../ir/pipelineConfig.ts'
import type { StageSoFar } from '../ir/runEvent.ts'
import { sftSteps } from '../ir/steps.ts'
import type { ApiFuture, ForwardBackwardOutput, OptimStepOutput } from '../tinker/index.ts'
import { rowsOfBatch } from './batches.ts'
import { passBoundary } from './boundary.ts'
import { diagnoseTraining } from './codes.ts'
import { logprobsOf, meanLoss, supervisedDatum } from './datums.ts'
import type { MeanLoss } from './datums.ts'
import { BudgetReached } from './fuse.ts'
import { examplesOf } from './examplesOf.ts'
import { createSaver } from './saver.ts'
import type { PendingSave } from './saver.ts'
import { learningRate } from './schedules.ts'
import { expertPoints, optimizerPoints, recorder } from './series.ts'
import type { Points } from './series.ts'
import { settle } from './settle.ts'
import { log, sound } from './stageHost.ts'
import type { StageHost, StageOutcome } from './stageHost.ts'
import { supervisedRows } from './supervisedRows.ts'
import { openTrainer } from './trainer.ts'
import { createWatch } from './watch.ts'

/** Steps submitted before the oldest is awaited. */
const SUBMITTED_AHEAD = 1

type Micro = { readonly sequences: readonly TrainingSequence[]; readonly pass: ApiFuture<ForwardBackwardOutput> }

/** `experts` are those of the step's last pass. */
type StepLoss = MeanLoss & { readonly experts: Points }

type Submitted = {
  readonly step: number
  readonly rate: number
  readonly heldout: ApiFuture<ForwardBackwardOutput> | null
  readonly micros: readonly Micro[]
  readonly update: ApiFuture<OptimStepOutput>
  readonly saves: readonly PendingSave[]
}

export async function runSupervised(host: StageHost, stage: SftStage): Promise<Result<StageOutcome, Diagnostic>> {
  const { ctx } = host
  const { hyperparameters: hyper, sft } = stage
  const at = { on: 'stage', stage: stage.id } as const
  const renderer = await host.renderer(stage.model.name, stage.renderer)
  if (!renderer.ok) return renderer
  const rows = supervisedRows(
    await examplesOf(ctx, stage.dataset),
    renderer.value,
    sft.trainOnWhat,
    hyper.maxSequenceLength,
  )
  const heldout = stage.heldout
    ? supervisedRows(await examplesOf(ctx, stage.heldout), renderer.value, sft.trainOnWhat, hyper.maxSequenceLength)
    : null
  const { sequences } = rows
  const steps = sftSteps(sequences.length, hyper)
  const total = steps.optimizerSteps
  if (!host.resumed)
    await ctx.emit({ type: 'stageStarted', stage: stage.id, totalSteps: total, rows: sequences.length })
  if (!host.resumed) for (const note of rows.notes) await log(host, stage.id, 'warning', note)
  if (sequences.length === 0) {
    const first = rows.notes[0] ?? 'the dataset has no rows'
    return err(diagnoseTraining('TR5005', at, `No row of "${stage.title}" can be trained on: ${first}`))
  }
  if (total === 0) {
    const needed = `${hyper.batchSize} × ${hyper.gradientAccumulation}`
    const message = `${sequences.length} rows do not fill one step of ${needed} rows; lower the batch size or add rows.`
    return err(diagnoseTraining('TR5001', at, message))
  }

  const opened = await openTrainer(host, stage)
  if (!opened.ok) return opened
  const { client, step: start } = opened.value
  if (host.resumed) await ctx.emit({ type: 'stageResumed', stage: stage.id, step: start })
  const saver = createSaver(host, stage, client, total)
  const record = recorder(ctx, stage.id)
  const watch = createWatch(stage.id)
  const batch = rowsOfBatch(sequences.length, hyper.batchSize, hyper.seed)
  const heldoutData = heldout?.sequences.map(supervisedDatum) ?? []
  const pending: Submitted[] = []
  let soFar: StageSoFar = opened.value.soFar
  let finishedAt = ctx.now()
  host.onSteps(start)

  const measure = (): ApiFuture<ForwardBackwardOutput> | null =>
    heldoutData.length > 0 ? client.forward(heldoutData, 'cross_entropy') : null

  function submit(step: number): Submitted {
    const rate = learningRate(hyper, step, total)
    const due = step === 0 || (sft.evalEvery > 0 && step % sft.evalEvery === 0)
    const measured = due ? measure() : null
    const micros = Array.from({ length: hyper.gradientAccumulation }, (_, k) => {
      const chosen = batch(step * hyper.gradientAccumulation + k).map((i) => sequences[i]!)
      return { sequences: chosen, pass: client.forwardBackward(chosen.map(supervisedDatum), 'cross_entropy') }
    })
    const update = client.optimStep({ learningRate: rate, ...hyper.adam })
    return { step, rate, heldout: measured, micros, update, saves: saver.submitDue(step, step + 1) }
  }

  async function finish({
    step,
    rate,
    heldout: measured,
    micros,
    update,
    saves,
  }: Submitted): Promise<Diagnostic | null> {
    if (measured) {
      const problem = await finishHeldout(step, measured)
      if (problem) return problem
    }
    const loss = await lossOfStep(micros)
    if (!loss.ok) return loss.error
    const { metrics } = await settle(update, ctx.signal)
    const now = ctx.now()
    for (const micro of micros) host.fuse.spend(stage.model.name, trainedOn(micro.sequences))
    const tokens = micros.reduce((sum, micro) => micro.sequences.reduce((n, s) => n + s.input.length, sum), 0)
    const seconds = (now - finishedAt) / 1000
    finishedAt = now
    const points: Points = {
      'train/loss': loss.value.loss,
      ...optimizerPoints(metrics),
      ...loss.value.experts,
      'optim/lr': rate,
      'train/tokens': tokens,
      'train/trained_tokens': loss.value.tokens,
      'train/tokens_per_second': tokens / seconds,
      'time/step': seconds,
    }
    record(step, points)
    // Measuring held-out rows takes the time that it takes.
    const alarm = await sound(host, stage.id, watch.observe(measured ? { ...points, 'time/step': null } : points))
    if (alarm) return alarm
    soFar = { ...soFar, optimizerSteps: soFar.optimizerSteps + 1 }
    if (heldoutData.length === 0) soFar = { ...soFar, first: soFar.first ?? loss.value.loss, last: loss.value.loss }
    host.onSteps(step + 1)
    for (const save of saves) await save.record(soFar)
    return null
  }

  async function finishHeldout(step: number, measured: ApiFuture<ForwardBackwardOutput>): Promise<Diagnostic | null> {
    const loss = lossOf(await settle(measured, ctx.signal), heldout!.sequences)
    host.fuse.spend(stage.model.name, trainedOn(heldout!.sequences))
    if (!loss.ok) return loss.error
    record(step, { 'heldout/loss': loss.value.loss })
    soFar = { ...soFar, first: soFar.first ?? loss.value.loss, last: loss.value.loss }
    return null
  }

  async function lossOfStep(micros: readonly Micro[]): Promise<Result<StepLoss, Diagnostic>> {
    let nats = 0
    let tokens = 0
    let experts: Points = {}
    for (const micro of micros) {
      const output = await settle(micro.pass, ctx.signal)
      const loss = lossOf(output, micro.sequences)
      if (!loss.ok) return loss
      experts = expertPoints(output.metrics)
      nats += loss.value.loss * loss.value.tokens
      tokens += loss.value.tokens
    }
    return ok({ loss: nats / tokens, tokens, experts })
  }

  function lossOf(output: ForwardBackwardOutput, of: readonly TrainingSequence[]): Result<MeanLoss, Diagnostic> {
    const logprobs = logprobsOf(output)
    if (!logprobs)
      return err(diagnoseTraining('TR5007', at, 'The server returned no log-probabilities of the targets.'))
    const loss = meanLoss(logprobs, of)
    if (Number.isFinite(loss.loss)) return ok(loss)
    const cause = `The loss is ${loss.loss}: the learning rate ${hyper.learningRate} is probably too high.`
    return err(diagnoseTraining('TR5003', at, cause))
  }

  const finishPending = async (keep: number): Promise<Diagnostic | null> => {
    while (pending.length > keep) {
      const problem = await finish(pending.shift()!)
      if (problem) return problem
    }
    return null
  }

  for (let step = start; step < total; step++) {
    const paused = await passBoundary(ctx, () => finishPending(0))
    if (paused) return err(paused)
    // Nothing is on its way: a pause was no part of a step.
    if (pending.length === 0) finishedAt = ctx.now()
    const blown = host.fuse.blown()
    if (blown) {
      const problem = await finishPending(0)
      if (problem) return err(problem)
      if (step > start) await saver.submitResume(step).record(soFar)
      throw new BudgetReached(blown)
    }
    pending.push(submit(step))
    const problem = await finishPending(SUBMITTED_AHEAD)
    if (problem) return err(problem)
  }
  const after = measure()
  const saves = saver.submitFinal(total)
  const problem = (await finishPending(0)) ?? (after && (await finishHeldout(total, after)))
  if (problem) return err(problem)
  for (const save of saves) await save.record(soFar)
  await saver.discardRolling()
  return ok({ steps: soFar.optimizerSteps, first: soFar.first, last: soFar.last })
}

function trainedOn(sequences: readonly TrainingSequence[]): Spent {
  return { ...NOTHING_SPENT, trained: sequences.reduce((sum, sequence) => sum + sequence.input.length, 0) }
}
