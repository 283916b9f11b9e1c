/** Params of a reroute: what flows through it. */
import type { FieldSpec, PortType } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'

export type RerouteParams = { carries: PortType }

const fields: readonly FieldSpec<RerouteParams>[] = [
  {
    key: 'carries',
    label: 'Carries',
    help: 'The type of wire that passes through. It has no other effect: the plan is the same without the reroute.',
    control: {
      type: 'select',
      options: [
        { value: 'policy', label: 'Policy' },
        { value: 'dataset', label: 'Dataset' },
        { value: 'reward', label: 'Reward' },
        { value: 'scores', label: 'Scores' },
      ],
    },
  },
]

export const rerouteRules: ParamRules<RerouteParams> = { defaults: { carries: 'policy' }, fields }
