import { defineKind } from '#src/kinds/defineKind.ts'
import { brief } from '#nodes/_shared/numbers.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, output, required, several } from '#nodes/_shared/ports.ts'
import { lowerRl } from './lower.ts'
import { rlRules } from './params.ts'
import type { RlParams } from './params.ts'

export default defineKind<RlParams>({
  kind: 'train-rl',
  version: 1,
  title: 'RL (GRPO)',
  group: 'train',
  icon: 'trophy',
  synonyms: ['reinforcement learning', 'grpo', 'ppo', 'rollouts', 'policy gradient', 'train', 'rlvr'],
  description: 'Reinforcement learning: answers in groups, and what scores above its group becomes more likely.',
  size: { width: 264, height: 216 },
  defaults: rlRules.defaults,
  parse: (raw, at) => parseFields(rlRules, raw, at),
  migrations: [],
  fields: rlRules.fields,
  ports: always(
    required({
      key: 'policy',
      label: 'Policy',
      type: 'policy',
      help: 'What to train: mostly a checkpoint of an SFT stage.',
    }),
    required({
      key: 'dataset',
      label: 'Prompts',
      type: 'dataset',
      help: 'Rows whose prompts are answered; answers in the rows are for the reward.',
    }),
    several({
      key: 'reward',
      label: 'Reward',
      type: 'reward',
      help: 'What an answer is worth. Several wires are added up by their weights.',
    }),
    output({ key: 'trained', label: 'Trained', type: 'policy', help: 'The policy after the last step.' }),
  ),
  lower: lowerRl,
  summary: (params) =>
    `lr ${brief(params.learningRate)} · ${params.batchSize} × ${params.groupSize} · ${params.maxTokens} tokens`,
})
