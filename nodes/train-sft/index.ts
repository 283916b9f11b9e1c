import { defineKind } from '#src/kinds/defineKind.ts'
import { brief, count } from '#nodes/_shared/numbers.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, optional, output, required } from '#nodes/_shared/ports.ts'
import { lowerSft } from './lower.ts'
import { sftRules } from './params.ts'
import type { SftParams } from './params.ts'

export default defineKind<SftParams>({
  kind: 'train-sft',
  version: 1,
  title: 'SFT',
  group: 'train',
  icon: 'graduation-cap',
  synonyms: ['supervised fine-tuning', 'train', 'finetune', 'cross entropy', 'instruction tuning'],
  description: 'Supervised fine-tuning: learns to give the answers of a dataset.',
  size: { width: 264, height: 216 },
  defaults: sftRules.defaults,
  parse: (raw, at) => parseFields(sftRules, raw, at),
  migrations: [],
  fields: sftRules.fields,
  ports: always(
    required({
      key: 'policy',
      label: 'Policy',
      type: 'policy',
      help: 'What to train: a model, a checkpoint or another trainer.',
    }),
    required({ key: 'dataset', label: 'Dataset', type: 'dataset', help: 'Rows with answers to learn from.' }),
    optional({ key: 'heldout', label: 'Held-out', type: 'dataset', help: 'Rows on which the loss is only measured.' }),
    output({ key: 'trained', label: 'Trained', type: 'policy', help: 'The policy after the last step.' }),
  ),
  lower: lowerSft,
  summary: (params) =>
    `lr ${brief(params.learningRate)} · batch ${params.batchSize} · ${params.maxSteps > 0 ? `≤ ${count(params.maxSteps, 'step')}` : count(params.epochs, 'epoch')}`,
})
