import { defineKind } from '#src/kinds/defineKind.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, output, required } from '#nodes/_shared/ports.ts'
import { lowerBestOf } from './lower.ts'
import { bestOfRules } from './params.ts'
import type { BestOfParams } from './params.ts'

export default defineKind<BestOfParams>({
  kind: 'best-of',
  version: 1,
  title: 'Best of',
  group: 'output',
  icon: 'medal',
  synonyms: ['select', 'winner', 'argmax', 'choose', 'pick', 'early stopping'],
  description: 'Goes on with the policy that an evaluation scores best.',
  size: { width: 208, height: 136 },
  defaults: bestOfRules.defaults,
  parse: (raw, at) => parseFields(bestOfRules, raw, at),
  migrations: [],
  fields: bestOfRules.fields,
  ports: always(
    required({ key: 'scores', label: 'Scores', type: 'scores', help: 'The evaluation whose policies are compared.' }),
    output({ key: 'best', label: 'Best', type: 'policy', help: 'The policy with the best score.' }),
  ),
  joinsTrials: true,
  lower: lowerBestOf,
  summary: ({ goal }) => `${goal} score`,
})
