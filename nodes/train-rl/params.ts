/** Params of reinforcement learning with group-relative advantages (GRPO). */
import type { FieldSpec } from '#src/kinds/contract.ts'
import {
  adamDefaults,
  adamFields,
  lengthFields,
  rateFields,
  seedField,
  sequenceField,
} from '#nodes/_shared/optimizer.ts'
import type { OptimizerParams } from '#nodes/_shared/optimizer.ts'
import type { Clash, ParamRules } from '#nodes/_shared/parseFields.ts'
import { samplingFields } from '#nodes/_shared/sampling.ts'
import type { SamplingParams } from '#nodes/_shared/sampling.ts'

export type RlParams = OptimizerParams &
  SamplingParams & {
    groupSize: number
    loss: 'importance_sampling' | 'ppo'
    clipLow: number
    clipHigh: number
    klCoef: number
    klDiscount: number
    substeps: number
    removeConstantGroups: boolean
    normalizeAdvantages: boolean
  }

const unclipped = (params: RlParams): boolean => params.loss !== 'ppo'

const fields: readonly FieldSpec<RlParams>[] = [
  ...rateFields,
  {
    key: 'batchSize',
    label: 'Prompts per step',
    help: 'Different prompts in one step; each is answered by a whole group. More prompts give a steadier gradient and cost more samples: 8 to 128.',
    unit: 'prompts',
    section: 'Rollouts',
    control: { type: 'number', min: 1, max: 4096, step: 1, integer: true },
  },
  {
    key: 'groupSize',
    label: 'Group size',
    help: 'Answers per prompt. Each is judged against its group’s mean, so one alone teaches nothing; 8 to 16 is usual, more when success is rare.',
    unit: 'answers',
    section: 'Rollouts',
    control: { type: 'number', min: 2, max: 256, step: 1, integer: true },
  },
  ...samplingFields,
  ...lengthFields,
  sequenceField,
  {
    key: 'loss',
    label: 'Loss',
    help: 'Importance sampling is exact while every batch is used once. PPO clips the ratio and stays stable over several optimizer steps per batch.',
    section: 'Objective',
    control: {
      type: 'select',
      options: [
        {
          value: 'importance_sampling',
          label: 'Importance sampling',
          help: 'Policy gradient, corrected by the ratio of probabilities.',
        },
        { value: 'ppo', label: 'PPO', help: 'The same with the ratio clipped.' },
      ],
    },
  },
  {
    key: 'clipLow',
    label: 'Clip below',
    help: 'Lowest ratio of new to old probability that still counts, as a ratio: 0.8 is usual.',
    section: 'Objective',
    hiddenIf: unclipped,
    control: { type: 'number', min: 0, max: 1, step: 0.05, integer: false },
  },
  {
    key: 'clipHigh',
    label: 'Clip above',
    help: 'Highest ratio that still counts, as a ratio: 1.2 is usual, up to 1.3 lets rare good answers rise faster.',
    section: 'Objective',
    hiddenIf: unclipped,
    control: { type: 'number', min: 1, max: 10, step: 0.05, integer: false },
  },
  {
    key: 'klCoef',
    label: 'KL penalty',
    help: 'Pulls the policy back towards where this stage started; it enters the advantages. 0 is off, 0.01 to 0.1 guards against reward hacking, above 0.5 nothing is learned.',
    section: 'Objective',
    control: { type: 'number', min: 0, max: 10, step: 0.01, integer: false, zero: 'off' },
  },
  {
    key: 'klDiscount',
    label: 'KL discount',
    help: 'How far a token also answers for the divergence of the tokens after it. 0 counts each token alone and is usual.',
    section: 'Objective',
    advanced: true,
    hiddenIf: (params) => params.klCoef === 0,
    control: { type: 'number', min: 0, max: 1, step: 0.01, integer: false },
  },
  {
    key: 'substeps',
    label: 'Optimizer steps per batch',
    help: 'Divides the rollouts of a step into so many updates. More learn faster from the same samples, but drift from the policy that drew them; 1 is exact.',
    unit: 'steps',
    section: 'Objective',
    advanced: true,
    control: { type: 'number', min: 1, max: 64, step: 1, integer: true },
  },
  {
    key: 'removeConstantGroups',
    label: 'Leave out constant groups',
    help: 'Drops groups whose answers all got the same reward: they carry no signal, only cost. The number of them is shown either way.',
    section: 'Objective',
    advanced: true,
    control: { type: 'switch' },
  },
  {
    key: 'normalizeAdvantages',
    label: 'Divide by the spread',
    help: 'Divides a group’s advantages by their standard deviation, as the first GRPO did. It lifts easy and very hard prompts alike; off avoids that bias.',
    section: 'Objective',
    advanced: true,
    control: { type: 'switch' },
  },
  seedField,
  ...adamFields,
]

export const rlRules: ParamRules<RlParams> = {
  defaults: {
    learningRate: 4e-5,
    schedule: 'constant',
    warmupRatio: 0,
    batchSize: 16,
    groupSize: 8,
    temperature: 1,
    topP: 1,
    maxTokens: 64,
    epochs: 1,
    maxSteps: 0,
    maxSequenceLength: 0,
    loss: 'importance_sampling',
    clipLow: 0.8,
    clipHigh: 1.2,
    klCoef: 0,
    klDiscount: 0,
    substeps: 1,
    removeConstantGroups: true,
    normalizeAdvantages: false,
    seed: 0,
    continueOptimizer: false,
    ...adamDefaults,
  },
  fields,
  clashes: noTemperature,
}

/** At temperature 0 all answers of a group are the same, so every advantage is zero. */
function noTemperature(params: RlParams): readonly Clash<RlParams>[] {
  if (params.temperature > 0) return []
  const message = 'Temperature must be above 0: without chance all answers of a group are equal and nothing is learned.'
  return [{ field: 'temperature', message, mend: 1 }]
}
