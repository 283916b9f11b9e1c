/** Params of a gate: what must hold of a policy's score. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'

export type GateParams = { comparison: 'at-least' | 'at-most'; against: 'number' | 'first'; threshold: number }

const fields: readonly FieldSpec<GateParams>[] = [
  {
    key: 'comparison',
    label: 'Score is',
    help: 'At least for rewards that should be high; at most for scores that should stay low.',
    control: {
      type: 'select',
      options: [
        { value: 'at-least', label: 'At least' },
        { value: 'at-most', label: 'At most' },
      ],
    },
  },
  {
    key: 'against',
    label: 'Compared with',
    help: 'A number, or the score of the first policy of the evaluation plus the threshold: “better than before by this much”.',
    control: {
      type: 'select',
      options: [
        { value: 'number', label: 'The threshold' },
        { value: 'first', label: 'The first policy, plus the threshold' },
      ],
    },
  },
  {
    key: 'threshold',
    label: 'Threshold',
    help: 'In the units of the reward: 0 to 1 for exact match. Mind the interval: with 64 rows a rate is known to about ± 12 points.',
    control: { type: 'number', min: -1_000_000, max: 1_000_000, step: 0.01, integer: false },
  },
]

export const gateRules: ParamRules<GateParams> = {
  defaults: { comparison: 'at-least', against: 'number', threshold: 0.5 },
  fields,
}
