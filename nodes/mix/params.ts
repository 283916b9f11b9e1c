/** Params of a mix: how much of each dataset goes in. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'

export type MixParams = { take: 'all' | 'equal'; atMost: number }

const fields: readonly FieldSpec<MixParams>[] = [
  {
    key: 'take',
    label: 'Take',
    help: 'All rows lets large sets dominate; equal shares take as many rows of each as the smallest has. Batches are shuffled over the whole mix either way.',
    control: {
      type: 'select',
      options: [
        { value: 'all', label: 'All rows' },
        { value: 'equal', label: 'Equal shares' },
      ],
    },
  },
  {
    key: 'atMost',
    label: 'At most of each',
    help: 'Takes a random part of every dataset, for a quick try. 0 sets no limit.',
    unit: 'rows',
    control: { type: 'number', min: 0, max: 10_000_000, step: 1, integer: true, zero: 'no limit' },
  },
]

export const mixRules: ParamRules<MixParams> = { defaults: { take: 'all', atMost: 0 }, fields }
