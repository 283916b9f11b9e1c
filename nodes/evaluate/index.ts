import { defineKind } from '#src/kinds/defineKind.ts'
import { brief, count } from '#nodes/_shared/numbers.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, output, required, several } from '#nodes/_shared/ports.ts'
import { lowerEvaluate } from './lower.ts'
import { evaluateRules } from './params.ts'
import type { EvaluateParams } from './params.ts'

export default defineKind<EvaluateParams>({
  kind: 'evaluate',
  version: 1,
  title: 'Evaluate',
  group: 'output',
  icon: 'chart-column',
  synonyms: ['eval', 'benchmark', 'accuracy', 'compare', 'test', 'score', 'held-out'],
  description: 'Puts any number of policies before the same rows and graders, side by side.',
  size: { width: 264, height: 240 },
  defaults: evaluateRules.defaults,
  parse: (raw, at) => parseFields(evaluateRules, raw, at),
  migrations: [],
  fields: evaluateRules.fields,
  ports: always(
    several({
      key: 'policies',
      label: 'Policies',
      type: 'policy',
      help: 'What to measure: base models, checkpoints and trainers.',
    }),
    required({ key: 'dataset', label: 'Dataset', type: 'dataset', help: 'Rows that training has not seen.' }),
    several({ key: 'reward', label: 'Reward', type: 'reward', help: 'The graders that score the answers.' }),
    output({
      key: 'scores',
      label: 'Scores',
      type: 'scores',
      help: 'The mean reward of each policy with its interval.',
    }),
  ),
  joinsTrials: true,
  lower: lowerEvaluate,
  summary: (params) =>
    `${params.temperature === 0 ? 'greedy' : `temperature ${brief(params.temperature)}`} · ${count(params.samplesPerRow, 'answer')} per row${params.limit > 0 ? ` · ≤ ${params.limit} rows` : ''}`,
})
