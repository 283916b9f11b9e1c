/** Params of a best-of: which end of the scores wins. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'

export type BestOfParams = { goal: 'highest' | 'lowest' }

const fields: readonly FieldSpec<BestOfParams>[] = [
  {
    key: 'goal',
    label: 'Takes the',
    help: 'Highest for rewards. Of equal scores the first policy of the evaluation wins. Picking the best of many on few rows picks luck: measure the winner again on other rows.',
    control: {
      type: 'select',
      options: [
        { value: 'highest', label: 'Highest score' },
        { value: 'lowest', label: 'Lowest score' },
      ],
    },
  },
]

export const bestOfRules: ParamRules<BestOfParams> = { defaults: { goal: 'highest' }, fields }
