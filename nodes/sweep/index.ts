import { defineKind } from '#src/kinds/defineKind.ts'
import { count } from '#nodes/_shared/numbers.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { lowerSweep } from './lower.ts'
import { sweepRules } from './params.ts'
import type { SweepParams } from './params.ts'
import { planSweep } from './trials.ts'
import { renamedVariable } from './variables.ts'

export default defineKind<SweepParams>({
  kind: 'sweep',
  version: 1,
  title: 'Sweep',
  group: 'train',
  icon: 'sliders-horizontal',
  synonyms: ['grid search', 'random search', 'hyperparameters', 'seeds', 'fan out', 'trials', 'tuning'],
  description: 'Trains everything that depends on a parameter once per value: a grid, random draws, or several seeds.',
  size: { width: 232, height: 112 },
  defaults: sweepRules.defaults,
  parse: (raw, at) => parseFields(sweepRules, raw, at),
  migrations: [],
  fields: sweepRules.fields,
  ports: () => [],
  sweep: planSweep,
  renamed: (params, from, to) => ({ ...params, over: renamedVariable(params.over, from, to) }),
  lower: lowerSweep,
  summary: ({ strategy, trials, over }) =>
    strategy === 'seeds'
      ? count(trials, 'seed')
      : `${strategy === 'grid' ? 'grid' : count(trials, 'random trial')} · ${over.split('\n', 1)[0]!}`,
})
