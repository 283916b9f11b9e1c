/** Params of a sweep: how values are chosen, and for which parameters. */
import type { FieldSpec } from '#src/kinds/contract.ts'
import type { ParamRules } from '#nodes/_shared/parseFields.ts'
import { seedControl } from '#nodes/_shared/optimizer.ts'
import { readVariables } from './variables.ts'

export type SweepParams = { strategy: 'grid' | 'random' | 'seeds'; over: string; trials: number; seed: number }

const fields: readonly FieldSpec<SweepParams>[] = [
  {
    key: 'strategy',
    label: 'Strategy',
    help: 'A grid tries every combination; random draws find good values sooner with three or more parameters; seeds show how much is luck.',
    control: {
      type: 'select',
      options: [
        { value: 'grid', label: 'Grid', help: 'Every combination of the values.' },
        { value: 'random', label: 'Random', help: 'So many draws from the values or ranges.' },
        { value: 'seeds', label: 'Seeds', help: 'The same settings with several seeds.' },
      ],
    },
  },
  {
    key: 'over',
    label: 'Over',
    help: 'One parameter per line: `lr: 1e-4, 3e-4, 1e-3` for values, `lr: 1e-5..1e-3 log` for a range to draw from.',
    hiddenIf: (params) => params.strategy === 'seeds',
    control: { type: 'text', multiline: true, placeholder: 'lr: 1e-4, 3e-4, 1e-3', maxLength: 4000 },
  },
  {
    key: 'trials',
    label: 'Trials',
    help: 'How many draws or seeds. Each trains its own branch: cost grows in step.',
    hiddenIf: (params) => params.strategy === 'grid',
    control: { type: 'number', min: 1, max: 1000, step: 1, integer: true },
  },
  {
    key: 'seed',
    label: 'Seed',
    help: 'Decides the draws; for seeds it is the first of them.',
    hiddenIf: (params) => params.strategy === 'grid',
    control: seedControl,
  },
]

export const sweepRules: ParamRules<SweepParams> = {
  defaults: { strategy: 'grid', over: 'lr: 1e-4, 3e-4, 1e-3', trials: 4, seed: 0 },
  fields,
  clashes: ({ strategy, over }) => {
    if (strategy === 'seeds') return []
    const variables = readVariables(over, strategy)
    return variables.ok ? [] : [{ field: 'over', message: variables.error, mend: 'lr: 1e-4, 3e-4, 1e-3' }]
  },
}
