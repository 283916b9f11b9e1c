/** An RL node becomes one `rl` stage and the policy that the stage leaves behind. */
import type { Diagnostic } from '#src/base/diagnostic.ts'
import type { RlSpec, RlStage, RewardSpec } from '#src/ir/pipelineConfig.ts'
import type { LowerCtx, Lowered } from '#src/kinds/contract.ts'
import { kindDiagnostic, settingFix } from '#nodes/_shared/codes.ts'
import { datasetInput, policyInput } from '#nodes/_shared/inputs.ts'
import { hyperparameters, optimizerAdvice, startOf } from '#nodes/_shared/optimizer.ts'
import { gatherRewards, paysForFormOnly } from '#nodes/_shared/rewards.ts'
import { samplingOf } from '#nodes/_shared/sampling.ts'
import { stageBase, trainedPolicy } from '#nodes/_shared/stage.ts'
import { rlRules } from './params.ts'
import type { RlParams } from './params.ts'

export function lowerRl(ctx: LowerCtx<RlParams>): Lowered {
  const policy = policyInput(ctx, 'policy')
  const dataset = datasetInput(ctx, 'dataset')
  const { rewards, diagnostics } = gatherRewards(ctx, 'reward')
  if (!policy || !dataset || rewards.length === 0) return { outputs: {}, diagnostics }
  const base = stageBase(ctx, [policy], dataset)
  const stage: RlStage = {
    irVersion: base.irVersion,
    id: base.id,
    node: base.node,
    title: base.title,
    renderer: base.renderer,
    dependsOn: base.dependsOn,
    dataset: base.dataset,
    conditions: policy.conditions,
    pin: base.pin,
    mode: 'rl',
    model: policy.model,
    start: startOf(policy, ctx.params.continueOptimizer),
    // Gradients of RL steps are never accumulated over batches: `substeps` divides a batch instead.
    hyperparameters: hyperparameters(ctx, policy, 1),
    rl: specOf(ctx.params, rewards),
    checkpointing: [],
  }
  const advice = [...diagnostics, ...optimizerAdvice(ctx, policy), ...rlAdvice(ctx, rewards)]
  return { outputs: { trained: trainedPolicy(ctx, policy) }, stage, diagnostics: advice }
}

/** Values of hidden fields do not enter: they would change the stage's hash and nothing else. */
function specOf(params: RlParams, rewards: readonly RewardSpec[]): RlSpec {
  const before = specs.get(params)
  if (before && sameItems(before.rewards, rewards)) return before
  const clips = params.loss === 'ppo' ? params : rlRules.defaults
  const spec: RlSpec = {
    groupSize: params.groupSize,
    sampling: samplingOf(params),
    loss: params.loss,
    clipLow: clips.clipLow,
    clipHigh: clips.clipHigh,
    klCoef: params.klCoef,
    klDiscount: params.klCoef > 0 ? params.klDiscount : 0,
    substeps: params.substeps,
    removeConstantGroups: params.removeConstantGroups,
    normalizeAdvantages: params.normalizeAdvantages,
    rewards,
  }
  specs.set(params, spec)
  return spec
}

/** Trainers that are set alike and graded alike share these. */
const specs = new WeakMap<RlParams, RlSpec>()

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}

function rlAdvice(ctx: LowerCtx<RlParams>, rewards: readonly RewardSpec[]): Diagnostic[] {
  const { params, node, title } = ctx
  const found: Diagnostic[] = []
  const advise = (
    code: 'KD2501' | 'KD2502' | 'KD2503' | 'KD2504',
    field: keyof RlParams,
    message: string,
    value: number | string,
  ): void => {
    const fix = settingFix(node.id, field, value)
    found.push(kindDiagnostic(code, { on: 'field', node: node.id, field }, message, { fix }))
  }
  if (params.groupSize < 4) {
    advise(
      'KD2501',
      'groupSize',
      `Groups of ${params.groupSize} make a noisy baseline in “${title}”; 8 or more learn steadily.`,
      8,
    )
  }
  if (params.temperature !== 1) {
    advise(
      'KD2502',
      'temperature',
      `“${title}” samples at temperature ${params.temperature}, not from the policy that it trains; 1 is exact.`,
      1,
    )
  }
  if (params.topP < 1) {
    advise(
      'KD2502',
      'topP',
      `“${title}” never samples the unlikely tokens (top-p ${params.topP}), but trains as if it did; 1 is exact.`,
      1,
    )
  }
  if (params.klCoef > 0.5) {
    advise(
      'KD2503',
      'klCoef',
      `A KL penalty of ${params.klCoef} holds “${title}” so close to its start that it hardly learns.`,
      0.1,
    )
  }
  if (params.substeps > 1 && params.loss === 'importance_sampling') {
    advise(
      'KD2504',
      'loss',
      `“${title}” takes ${params.substeps} optimizer steps per batch without clipping; PPO keeps later ones in bounds.`,
      'ppo',
    )
  }
  if (paysForFormOnly(rewards)) {
    const message = `No reward of “${title}” pays for what the row’s answer says: it learns the form and may forget the content.`
    found.push(kindDiagnostic('KD2505', { on: 'port', node: node.id, port: 'reward' }, message))
  }
  return found
}
