import { defineKind } from '#src/kinds/defineKind.ts'
import { brief } from '#nodes/_shared/numbers.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, output, several } from '#nodes/_shared/ports.ts'
import { lowerReward } from './lower.ts'
import { rewardRules } from './params.ts'
import type { RewardParams } from './params.ts'

const names: { readonly [grader in RewardParams['grader']]: (params: RewardParams) => string } = {
  exact: () => 'exact match',
  numeric: (params) => (params.tolerance > 0 ? `number ± ${brief(params.tolerance)}` : 'number'),
  regex: (params) => `/${params.pattern}/${params.flags}`,
  length: (params) => `${params.minLength} to ${params.maxLength} ${params.unit}`,
}

export default defineKind<RewardParams>({
  kind: 'reward',
  version: 1,
  title: 'Reward',
  group: 'reward',
  icon: 'star',
  synonyms: ['grader', 'score', 'verifier', 'exact match', 'regex', 'length', 'format', 'sum'],
  description: 'Grades an answer. Wire rewards into one another to add them up by weight.',
  size: { width: 264, height: 144 },
  defaults: rewardRules.defaults,
  parse: (raw, at) => parseFields(rewardRules, raw, at),
  migrations: [],
  fields: rewardRules.fields,
  ports: always(
    several({ key: 'rewards', label: 'Add', type: 'reward', help: 'More rewards to add to this one.' }, false),
    output({
      key: 'reward',
      label: 'Reward',
      type: 'reward',
      help: 'This grader times its weight, plus the rewards wired in.',
    }),
  ),
  lower: lowerReward,
  summary: (params) => `${names[params.grader](params)}${params.weight === 1 ? '' : ` · × ${brief(params.weight)}`}`,
})
