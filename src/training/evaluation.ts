/** Scores policies on rows: the same rows, rewards and sampling seeds for each, so that they differ in the weights alone. */
import type { Diagnostic } from '../base/diagnostic.ts'
import { hasErrors } from '../base/diagnostic.ts'
import { err, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { deriveSeed } from '../base/rng.ts'
import type { EvaluateStage, EvaluatedPolicy } from '../ir/pipelineConfig.ts'
import { checkRewards } from '../rewards/checkRewards.ts'
import { comparesAnswer } from '../ir/comparesAnswer.ts'
import { createGrader } from '../rewards/grade.ts'
import { average } from './advantages.ts'
import { diagnoseTraining } from './codes.ts'
import { examplesOf } from './examplesOf.ts'
import { BudgetReached } from './fuse.ts'
import { scoreInterval } from './interval.ts'
import { promptRows } from './promptRows.ts'
import { gaveUpWarnings, sampleGroup } from './rollouts.ts'
import type { Rollout } from './rollouts.ts'
import { recorder } from './series.ts'
import { log, sound } from './stageHost.ts'
import type { StageHost, StageOutcome } from './stageHost.ts'
import { openSampler } from './trainer.ts'

/** @param done labels of policies that an earlier part of the run has already scored */
export async function runEvaluation(
  host: StageHost,
  stage: EvaluateStage,
  done: readonly string[],
): Promise<Result<StageOutcome, Diagnostic>> {
  const { ctx } = host
  const { evaluation } = stage
  const { rewards, sampling, samplesPerRow } = evaluation
  const at = { on: 'stage', stage: stage.id } as const
  const policies = uniqueLabels(evaluation.policies)
  const examples = await examplesOf(ctx, stage.dataset)
  const totalSteps = policies.length
  if (host.resumed) await ctx.emit({ type: 'stageResumed', stage: stage.id, step: done.length })
  else await ctx.emit({ type: 'stageStarted', stage: stage.id, totalSteps, rows: examples.length })
  const problems = checkRewards(
    rewards,
    examples.map((example) => example.answer),
  )
  const grader = createGrader(rewards)
  if (hasErrors(problems)) return err(problems.find((problem) => hasErrors([problem]))!)
  if (!grader.ok) return err(grader.error[0]!)

  const record = recorder(ctx, stage.id)
  for (const [index, policy] of policies.entries()) {
    if (done.includes(policy.label)) continue
    await ctx.boundary()
    ctx.signal.throwIfAborted()
    const blown = host.fuse.blown()
    if (blown) throw new BudgetReached(blown)
    const renderer = await host.renderer(policy.model.name, stage.renderer)
    if (!renderer.ok) return renderer
    const { prompts, notes } = promptRows(examples, renderer.value, {
      maxPromptTokens: Infinity,
      needsAnswer: rewards.some(comparesAnswer),
    })
    if (index === 0) for (const note of notes) await log(host, stage.id, 'warning', note)
    if (prompts.length === 0)
      return err(
        diagnoseTraining('TR5006', at, `"${stage.title}" has no row to score: ${notes[0] ?? 'there are none.'}`),
      )
    const sampler = await openSampler(host, policy.model, policy.source, at)
    if (!sampler.ok) return sampler
    const began = ctx.now()
    const groups = await Promise.all(
      prompts.map((prompt, row) =>
        sampleGroup(
          {
            sampler: sampler.value,
            renderer: renderer.value,
            spec: sampling,
            grader: grader.value,
            signal: ctx.signal,
          },
          prompt,
          samplesPerRow,
          deriveSeed(evaluation.seed, 'evaluate', row),
        ),
      ),
    )
    host.fuse.spend(policy.model.name, {
      trained: 0,
      prefilled: prompts.reduce((sum, { tokens }) => sum + tokens.length, 0),
      cached: prompts.reduce((sum, { tokens }) => sum + tokens.length * (samplesPerRow - 1), 0),
      sampled: groups.flat().reduce((sum, { tokens }) => sum + tokens.length, 0),
    })
    await sound(host, stage.id, gaveUpWarnings(rewards, groups.flat()))
    ctx.rollouts(
      groups.flatMap((rollouts, group) =>
        rollouts.map((rollout, sample) => ({
          stage: stage.id,
          step: index,
          group,
          sample,
          policy: policy.label,
          prompt: prompts[group]!.shown,
          answer: prompts[group]!.answer,
          completion: rollout.content,
          tokens: rollout.tokens.length,
          stopReason: rollout.stopReason,
          reward: rollout.grade.total,
          advantage: null,
          components: rollout.grade.components,
        })),
      ),
    )
    const interval = scoreInterval(groups.map((rollouts) => average(rollouts.map((r) => r.grade.total))))
    record(index, {
      'reward/total': interval.score,
      ...components(stage, groups.flat()),
      'time/step': (ctx.now() - began) / 1000,
    })
    host.onSteps(index + 1)
    await ctx.emit({ type: 'evaluated', stage: stage.id, result: { label: policy.label, ...interval } })
  }
  return ok({ steps: totalSteps, first: null, last: null })
}

function components({ evaluation }: EvaluateStage, rollouts: readonly Rollout[]): { [series: string]: number } {
  const of = (node: string): number => average(rollouts.map((rollout) => rollout.grade.components[node]!))
  return Object.fromEntries(evaluation.rewards.map(({ node }) => [`reward/${node}`, of(node)]))
}

/** Results are kept by label, so two policies of one name must not overwrite each other. */
function uniqueLabels(policies: readonly EvaluatedPolicy[]): readonly EvaluatedPolicy[] {
  const seen = new Map<string, number>()
  return policies.map((policy) => {
    const count = (seen.get(policy.label) ?? 0) + 1
    seen.set(policy.label, count)
    return count === 1 ? policy : { ...policy, label: `${policy.label} (${count})` }
  })
}
