/** How answers are drawn: the fields that RL and evaluation share. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { SamplingSpec } from '#src/ir/pipelineConfig.ts'
import { perParams } from './perParams.ts'

export type SamplingParams = { temperature: number; topP: number; maxTokens: number }

export const samplingFields: readonly FieldSpec<SamplingParams>[] = [
  {
    key: 'temperature',
    label: 'Temperature',
    help: 'How freely answers are drawn. RL wants 1, so that the samples are the policy’s own; evaluation often takes 0, the most likely answer.',
    section: 'Sampling',
    control: { type: 'number', min: 0, max: 2, step: 0.05, integer: false },
  },
  {
    key: 'topP',
    label: 'Top-p',
    help: 'Draws only from the most likely tokens that together have this probability. 1 draws from all and is right for RL.',
    section: 'Sampling',
    advanced: true,
    control: { type: 'number', min: 0.01, max: 1, step: 0.01, integer: false },
  },
  {
    key: 'maxTokens',
    label: 'Longest answer',
    help: 'Answers are cut here and mostly score nothing then. Leave room for the longest good answer; every token costs time.',
    unit: 'tokens',
    section: 'Sampling',
    control: { type: 'number', min: 1, max: 131_072, step: 1, integer: true },
  },
]

export const samplingOf: (params: SamplingParams) => SamplingSpec = perParams(({ temperature, topP, maxTokens }) => ({
  temperature,
  topP,
  maxTokens,
}))
