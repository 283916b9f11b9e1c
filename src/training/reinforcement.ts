/** The RL loop (GRPO): sample groups, grade, centre, train on the tokens sampled, and sample anew from the new weights. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { hasErrors } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { deriveSeed } from '../base/rng.ts'
import type { Spent } from '../ir/cost.ts'
import type { RlStage } from '../ir/pipelineConfig.ts'
import type { StageSoFar } from '../ir/runEvent.ts'
import { rlSteps } from '../ir/steps.ts'
import { checkRewards } from '../rewards/checkRewards.ts'
import { comparesAnswer } from '../ir/comparesAnswer.ts'
import { createGrader } from '../rewards/grade.ts'
import type { Grader } from '../rewards/grade.ts'
import { average } from './advantages.ts'
import { rowsOfBatch } from './batches.ts'
import { passBoundary } from './boundary.ts'
import { diagnoseTraining } from './codes.ts'
import { assignAdvantages } from './credit.ts'
import type { GradedGroup } from './credit.ts'
import type { SampledAnswer } from './datums.ts'
import { updatePolicy } from './policyUpdate.ts'
import { promptRows } from './promptRows.ts'
import type { PromptRow } from './promptRows.ts'
import { rolloutPoints } from './rolloutPoints.ts'
import { gaveUpWarnings, sampleGroup } from './rollouts.ts'
import { examplesOf } from './examplesOf.ts'
import { BudgetReached } from './fuse.ts'
import { createSaver } from './saver.ts'
import { learningRate } from './schedules.ts'
import { recorder } from './series.ts'
import { settle } from './settle.ts'
import { log, sound } from './stageHost.ts'
import type { StageHost, StageOutcome } from './stageHost.ts'
import { openSampler, openTrainer } from './trainer.ts'
import { createWatch } from './watch.ts'

/**
 * A step of the stage's axis is one planned optimizer step: batch b covers the steps from b·substeps. A batch in which no
 * answer has an advantage changes nothing and takes no optimizer step; it is counted as skipped.
 */
export async function runReinforcement(host: StageHost, stage: RlStage): Promise<Result<StageOutcome, Diagnostic>> {
  const { ctx } = host
  const { hyperparameters: hyper, rl } = stage
  const { substeps } = rl
  const at = { on: 'stage', stage: stage.id } as const
  const renderer = await host.renderer(stage.model.name, stage.renderer)
  if (!renderer.ok) return renderer
  const examples = await examplesOf(ctx, stage.dataset)
  const { prompts, notes } = promptRows(examples, renderer.value, {
    maxPromptTokens: hyper.maxSequenceLength - rl.sampling.maxTokens,
    needsAnswer: rl.rewards.some(comparesAnswer),
  })
  const steps = rlSteps(prompts.length, hyper, substeps)
  if (!host.resumed) {
    await ctx.emit({ type: 'stageStarted', stage: stage.id, totalSteps: steps.optimizerSteps, rows: prompts.length })
    for (const note of notes) await log(host, stage.id, 'warning', note)
  }
  const grader = prepareGrader()
  if (!grader.ok) return grader
  if (prompts.length === 0) {
    const reason = notes[0] ?? 'the dataset has no rows.'
    return err(diagnoseTraining('TR5006', at, `"${stage.title}" has no prompt to sample from: ${reason}`))
  }
  if (steps.batches === 0) {
    const message = `${prompts.length} prompts do not fill one batch of ${hyper.batchSize}; lower the batch size or add rows.`
    return err(diagnoseTraining('TR5001', at, message))
  }

  const opened = await openTrainer(host, stage)
  if (!opened.ok) return opened
  const { client, step: start } = opened.value
  if (host.resumed) await ctx.emit({ type: 'stageResumed', stage: stage.id, step: start })
  const reference = rl.klCoef > 0 ? await openSampler(host, stage.model, stage.start, at) : null
  if (reference && !reference.ok) return reference
  const saver = createSaver(host, stage, client, steps.optimizerSteps)
  const record = recorder(ctx, stage.id)
  const comparing = rl.rewards.filter(comparesAnswer)
  // A stage that goes on has got better already.
  const watch = createWatch(stage.id, start === 0 ? comparing.map(({ node }) => `reward/${node}`) : [])
  // At another temperature sampler and trainer differ by design, of which the compiler has warned.
  const exact = rl.sampling.temperature === 1 && rl.sampling.topP === 1
  const batchRows = rowsOfBatch(prompts.length, hyper.batchSize, hyper.seed)
  const nextSampler = client.saveWeightsAndGetSamplingClient()
  let sampler = await settle(nextSampler, ctx.signal)
  let soFar: StageSoFar = opened.value.soFar
  host.onSteps(start)

  for (let batch = start / substeps; batch < steps.batches; batch++) {
    await passBoundary(ctx, async () => null)
    const began = ctx.now()
    const step = batch * substeps
    const blown = host.fuse.blown()
    if (blown) {
      if (batch > start / substeps) await saver.submitResume(step).record(soFar)
      throw new BudgetReached(blown)
    }
    const sampling = { sampler, renderer: renderer.value, spec: rl.sampling, grader: grader.value, signal: ctx.signal }
    const groups = await Promise.all(
      batchRows(batch).map(async (row, i): Promise<GradedGroup> => {
        const prompt = prompts[row]!
        const seed = deriveSeed(hyper.seed, 'sample', batch, i)
        return { prompt, rollouts: await sampleGroup(sampling, prompt, rl.groupSize, seed) }
      }),
    )
    const sampledAt = ctx.now()
    const credit = await assignAdvantages(groups, rl, reference?.value ?? null, ctx.signal)
    if (!credit.ok) return err(diagnoseTraining('TR5007', at, credit.error))
    const { answers, kl } = credit.value
    showRollouts(step, groups, credit.value.means)

    const rate = (substep: number): number => learningRate(hyper, step + substep, steps.optimizerSteps)
    const update = updatePolicy(client, answers, stage, rate)
    const saves = saver.submitDue(step, step + substeps)
    const isLast = batch + 1 === steps.batches
    const refreshed = update && !isLast ? client.saveWeightsAndGetSamplingClient() : null
    const points = update ? await update.points(ctx.signal) : ok({})
    if (!points.ok) return err(diagnoseTraining(points.error.code, at, points.error.message))
    if (refreshed) sampler = await settle(refreshed, ctx.signal)

    const all = groups.flatMap((group) => group.rollouts)
    host.fuse.spend(stage.model.name, spentOn(groups, update ? answers : [], reference !== null))
    const measured = rolloutPoints(
      groups.map((group) => group.rollouts),
      rl.rewards,
    )
    await sound(host, stage.id, gaveUpWarnings(rl.rewards, all))
    const told = {
      ...measured,
      ...points.value,
      'optim/kl_start': kl,
      'optim/lr': rate(0),
      'optim/skipped': update ? 0 : 1,
      'time/sampling': (sampledAt - began) / 1000,
      'time/train': (ctx.now() - sampledAt) / 1000,
      'time/step': (ctx.now() - began) / 1000,
    }
    record(step, told)
    const alarm = await sound(
      host,
      stage.id,
      watch.observe(exact ? told : { ...told, 'optim/kl_sample_train_v1': null }),
    )
    if (alarm) return err(alarm)
    const reward = average(all.map((rollout) => rollout.grade.total))
    const optimizerSteps = soFar.optimizerSteps + (update?.steps ?? 0)
    soFar = { first: soFar.first ?? reward, last: reward, optimizerSteps }
    host.onSteps(step + substeps)
    for (const save of saves) await save.record(soFar)
  }

  if (soFar.optimizerSteps === 0) {
    const message = `In all ${steps.batches} batches every answer of a prompt got the same reward, so nothing was learned.`
    return err(diagnoseTraining('TR5002', at, `${message} Try easier rows, another reward or larger groups.`))
  }
  const missing = steps.optimizerSteps - soFar.optimizerSteps
  if (missing > 0) {
    const message = `${missing} of ${steps.optimizerSteps} optimizer steps had nothing to learn from and were not taken.`
    await log(host, stage.id, 'info', message)
  }
  for (const save of saver.submitFinal(steps.optimizerSteps)) await save.record(soFar)
  await saver.discardRolling()
  return ok({ steps: soFar.optimizerSteps, first: soFar.first, last: soFar.last })

  function prepareGrader(): Result<Grader, Diagnostic> {
    const problems = checkRewards(
      rl.rewards,
      examples.map((example) => example.answer),
    )
    const errors = problems.filter((problem) => hasErrors([problem]))
    if (errors.length > 0) return err(errors[0]!)
    const made = createGrader(rl.rewards)
    return made.ok ? made : err(made.error[0]!)
  }

  function showRollouts(step: number, groups: readonly GradedGroup[], means: readonly (readonly number[])[]): void {
    ctx.rollouts(
      groups.flatMap(({ prompt, rollouts }, group) =>
        rollouts.map((rollout, sample) => ({
          stage: stage.id,
          step,
          group,
          sample,
          policy: null,
          ...shownPrompt(prompt),
          completion: rollout.content,
          tokens: rollout.tokens.length,
          stopReason: rollout.stopReason,
          reward: rollout.grade.total,
          advantage: means[group]![sample]!,
          components: rollout.grade.components,
        })),
      ),
    )
  }
}

function shownPrompt({ shown, answer }: PromptRow): { prompt: string; answer: string | null } {
  return { prompt: shown, answer }
}

/** Each prompt is read once for its group; the reference reads every answer with its prompt once more. */
function spentOn(groups: readonly GradedGroup[], trained: readonly SampledAnswer[], reference: boolean): Spent {
  const whole = trained.reduce((sum, { prompt, tokens }) => sum + prompt.length + tokens.length, 0)
  let prefilled = reference ? whole : 0
  let cached = 0
  let sampled = 0
  for (const { prompt, rollouts } of groups) {
    prefilled += prompt.tokens.length
    cached += prompt.tokens.length * (rollouts.length - 1)
    for (const { tokens } of rollouts) sampled += tokens.length
  }
  return { trained: whole - trained.length, prefilled, cached, sampled }
}
