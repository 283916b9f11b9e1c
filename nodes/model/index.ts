import { defineKind } from '#src/kinds/defineKind.ts'
import { parseFields } from '#nodes/_shared/parseFields.ts'
import { always, output } from '#nodes/_shared/ports.ts'
import { lowerModel } from './lower.ts'
import { modelRules } from './params.ts'
import type { ModelParams } from './params.ts'

export default defineKind<ModelParams>({
  kind: 'model',
  version: 1,
  title: 'Model',
  group: 'model',
  icon: 'box',
  synonyms: ['base model', 'lora', 'policy', 'renderer', 'weights', 'llm'],
  description: 'A base model with a fresh LoRA adapter: where training starts.',
  size: { width: 264, height: 120 },
  defaults: modelRules.defaults,
  parse: (raw, at) => parseFields(modelRules, raw, at),
  migrations: [],
  fields: modelRules.fields,
  ports: always(output({ key: 'policy', label: 'Policy', type: 'policy', help: 'The untrained policy.' })),
  lower: lowerModel,
  summary: (params) => `${params.name} · rank ${params.loraRank}`,
})
