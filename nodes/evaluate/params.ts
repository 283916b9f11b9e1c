/** Params of an evaluation: how answers are drawn, how many, and on how many rows. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'
import { seedControl } from '#nodes/_shared/optimizer.ts'
import { samplingFields } from '#nodes/_shared/sampling.ts'
import type { SamplingParams } from '#nodes/_shared/sampling.ts'

export type EvaluateParams = SamplingParams & { samplesPerRow: number; limit: number; seed: number }

const fields: readonly FieldSpec<EvaluateParams>[] = [
  ...samplingFields,
  {
    key: 'samplesPerRow',
    label: 'Answers per row',
    help: 'The score is the mean over all answers. More narrow the interval when answers vary; at temperature 0 one is enough.',
    unit: 'answers',
    section: 'Size',
    control: { type: 'number', min: 1, max: 256, step: 1, integer: true },
  },
  {
    key: 'limit',
    label: 'Use at most',
    help: 'Measures a random part of the rows. The interval shrinks with the root of their number; 0 uses all.',
    unit: 'rows',
    section: 'Size',
    control: { type: 'number', min: 0, max: 10_000_000, step: 1, integer: true, zero: 'all rows' },
  },
  {
    key: 'seed',
    label: 'Seed',
    help: 'Decides the drawn answers. The same seed gives the same score for the same weights.',
    section: 'Size',
    control: seedControl,
  },
]

export const evaluateRules: ParamRules<EvaluateParams> = {
  defaults: { temperature: 0, topP: 1, maxTokens: 64, samplesPerRow: 1, limit: 0, seed: 0 },
  fields,
}
